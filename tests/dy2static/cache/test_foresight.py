"""A second process begins loops with what the first one found: bodies are staged once, and nothing else differs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache import cache
from dy2static.staging.regions import loop
from graph.dtypes import SHORT_NAMES
from graph.errors import LoopTypeError
from graph.ir.printer import print_graph
from graph.llvm.runtime.cache import ObjectCache


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "place_of", lambda *_: None)  # whole programs are not kept: these would be


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The bodies of loops that were staged."""
    staged: list[Any] = []
    stage_body = loop._stage_body

    def counting(*args: Any) -> Any:
        staged.append(args[2])
        return stage_body(*args)

    monkeypatch.setattr(loop, "_stage_body", counting)
    return staged


def decay(y: Any, end: Any) -> Any:
    t, h = 0.0, 0.01
    while t < end:
        h = xp.minimum(h, end - t)
        y = y - h * y
        t = t + h
        h = h * 1.5
    return y, t


def nested(x: Any, n: Any) -> Any:
    total = 0.0
    for i in range(n):
        part = 0
        for j in range(n):
            part = part + x[j] * i
        total = total + part
    return total


ARGS = {decay: (xp.asarray([1.0, 2.0]), xp.asarray(1.0)), nested: (xp.asarray([1.0, 2.0, 3.0]), xp.asarray(3))}


def made(function: Any, *args: Any) -> tuple[Any, str]:
    """What a new static function gives, and its graph."""
    static = to_static(function, executor="native", compile="now")
    results = static(*args)
    results = results if isinstance(results, tuple) else (results,)
    return [(np.asarray(x).tolist(), np.asarray(x).dtype) for x in results], print_graph(
        static.programs[0].staged.graph, places=False
    )


@pytest.mark.parametrize("function", ARGS, ids=lambda f: f.__name__)
def test_bodies_are_staged_once(function: Any, bodies: list[Any]) -> None:
    first = made(function, *ARGS[function])
    count = len(bodies)
    bodies.clear()
    assert made(function, *ARGS[function]) == first
    assert len(bodies) < count
    if function is decay:
        assert (count, len(bodies)) == (2, 1)


def test_other_arguments_are_found_anew(bodies: list[Any]) -> None:
    made(decay, *ARGS[decay])
    bodies.clear()
    single = made(decay, xp.asarray(np.float32([1.0, 2.0])), xp.asarray(np.float32(1.0)))
    assert len(bodies) == 2
    assert single[0][1][1] == np.float32


def test_nothing_is_kept_where_nothing_is_gained(tmp_path: Path) -> None:
    def count(n: Any) -> Any:
        i = 0
        while i < n:
            i += 1
        return i

    made(count, xp.asarray(3))
    assert not list(tmp_path.glob("loops-*"))


def test_what_only_the_first_round_reads_counts() -> None:
    """The graph would be the same, as what was foreseen bears itself out: but a tensor that was read is of another
    type now."""

    def grow(n: Any) -> Any:
        t = 0.0
        for _ in range(n):
            t = t + 1.0 if isinstance(t, xp.Tensor) else start.sum()
        return t

    for dtype in (np.float64, np.float32, np.float64):
        start = xp.asarray(np.ones(3, dtype))
        static = to_static(grow, executor="native", compile="now")
        assert np.asarray(static(xp.asarray(4))).dtype == dtype


@pytest.mark.parametrize("short", sorted(set(SHORT_NAMES.values())))
def test_what_is_not_borne_out_is_taken_back(short: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that says something else: the function is staged without it, and the entry is made anew."""
    first = made(decay, *ARGS[decay])
    get = ObjectCache.get

    def changed(self: ObjectCache, key: str) -> Any:
        found = get(self, key)
        if found is None or not key.startswith("loops-"):
            return found
        outcome, loops = json.loads(found.note)
        loops = [(names, [(i, short, False, False) for i, *_ in numbers]) for names, numbers in loops]
        return found._replace(note=json.dumps([outcome, loops]))

    with monkeypatch.context() as patch:
        patch.setattr(ObjectCache, "get", changed)
        assert made(decay, *ARGS[decay]) == first
    assert made(decay, *ARGS[decay]) == first


@pytest.mark.parametrize("note", ["", "[]", "3", '["x", [[["t"], [[0, "of another version"]]]]]', '["x", [[1, 2, 3]]]'])
def test_what_another_version_wrote_is_ignored(note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(decay, *ARGS[decay])
    get = ObjectCache.get

    def other(self: ObjectCache, key: str) -> Any:
        found = get(self, key)
        return found if found is None or not key.startswith("loops-") else found._replace(note=note)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectCache, "get", other)
        assert made(decay, *ARGS[decay]) == first


def test_errors_are_those_of_staging_without_it() -> None:
    def refused(y: Any, end: Any) -> Any:
        t = 0.0
        while t < end:
            t = t + y
            y = xp.stack([y, y])
        return t

    messages: list[str] = []
    for _ in range(2):
        with pytest.raises(LoopTypeError) as found:
            made(refused, xp.asarray(1.0), xp.asarray(2.0))
        messages.append(str(found.value))
    assert messages[0] == messages[1]
