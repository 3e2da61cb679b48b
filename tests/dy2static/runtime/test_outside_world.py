"""Calls that reach outside of the program: what happens in every run, what is asked again, what is refused."""

import contextlib
import csv
import functools
import hashlib
import io
import os
import queue
import random
import sys
import time
import uuid
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import StagingError, to_static
from graph.ir.opdef import Effect, lookup

BUFFER = io.StringIO()
WAITING: "queue.Queue[int]" = queue.Queue()
DIGEST = hashlib.sha256()
ROWS = csv.writer(BUFFER)
POSITIVE = xp.asarray(1.5)
NEGATIVE = xp.asarray(-1.5)


class UnitWarning(UserWarning):
    """One of the user's."""


def warns(x: Any) -> Any:
    if x > 0:
        warnings.warn(f"x is {x}", UnitWarning, stacklevel=1)
    return x


def warns_about_its_caller(x: Any) -> Any:
    return _inner(x)


def _inner(x: Any) -> Any:
    warnings.warn("inner", stacklevel=2)
    return x


def warns_with_an_instance(x: Any) -> Any:
    for i in range(2):
        warnings.warn(DeprecationWarning(f"old {i}"), stacklevel=1)
    return x


def given(function: Callable[..., Any], *args: Any) -> list[tuple[str, type, str, int]]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function(*args)
    return [(str(w.message), w.category, w.filename, w.lineno) for w in found]


@pytest.mark.parametrize("executor", ["numpy", "native"])
@pytest.mark.parametrize("function", [warns, warns_about_its_caller, warns_with_an_instance])
def test_a_warning_in_every_run_that_comes_to_it(function: Callable[..., Any], executor: Any) -> None:
    static = to_static(function, executor=executor)
    for x in (POSITIVE, NEGATIVE, POSITIVE):
        assert given(static, x) == given(function, x)


def test_what_is_shown_once_is_shown_once() -> None:
    static = to_static(warns)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("default")
        for _ in range(3):
            static(POSITIVE)
    assert [str(w.message) for w in found] == ["x is 1.5"]


def test_a_filter_that_raises() -> None:
    static = to_static(warns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnitWarning, match=r"^x is 1\.5$"):
            static(POSITIVE)
        assert float(static(NEGATIVE)) == -1.5


def test_no_warning_of_another_class() -> None:
    def f(x: Any) -> Any:
        warnings.warn("text", int, 1)  # pyright: ignore[reportArgumentType]
        return x

    for function in (f, to_static(f)):
        with pytest.raises(TypeError, match="category must be a Warning subclass, not 'type'"):
            function(POSITIVE)


def leaves(x: Any) -> Any:
    if x > 0:
        sys.exit(3)
    return x


def leaves_with_a_text(x: Any) -> Any:
    if x > 0:
        raise SystemExit(f"x is {x}")
    return x


@pytest.mark.parametrize("function", [leaves, leaves_with_a_text])
@pytest.mark.parametrize("executor", ["numpy", "native"])
def test_only_runs_that_come_to_it_leave(function: Callable[..., Any], executor: Any) -> None:
    static = to_static(function, executor=executor)
    assert float(static(NEGATIVE)) == -1.5
    with pytest.raises(SystemExit) as expected:
        function(POSITIVE)
    with pytest.raises(SystemExit) as found:
        static(POSITIVE)
    assert found.value.code == expected.value.code
    assert float(static(NEGATIVE)) == -1.5


def test_each_run_reads_the_clock() -> None:
    @to_static
    def f(x: Any) -> Any:
        return x, time.perf_counter()

    times = [f(POSITIVE)[1] for _ in range(3)]
    assert all(type(t) is float for t in times)
    assert sorted(set(times)) == times


def of_environment(x: Any, way: int) -> Any:
    if way == 0:
        found = os.environ["DY2STATIC_TEST"]
    elif way == 1:
        found = os.environ.get("DY2STATIC_TEST", "off")
    elif way == 2:
        found = os.getenv("DY2STATIC_TEST", default="off")
    else:
        found = "on" if "DY2STATIC_TEST" in os.environ else "off"
    return x * 10.0 if found == "on" else x


@pytest.mark.parametrize("way", range(4))
def test_the_environment_is_asked_before_each_run(way: int, monkeypatch: pytest.MonkeyPatch) -> None:
    static = to_static(of_environment)
    for value in ("on", "off", None, "on"):
        if value is None or (value == "off" and way == 3):
            monkeypatch.delenv("DY2STATIC_TEST")
        else:
            monkeypatch.setenv("DY2STATIC_TEST", value)
        if value is None and way == 0:
            with pytest.raises(KeyError, match="DY2STATIC_TEST"):
                static(POSITIVE, way)
        else:
            assert float(static(POSITIVE, way)) == float(of_environment(POSITIVE, way))
        if value == "off" and way == 3:
            monkeypatch.setenv("DY2STATIC_TEST", "off")


def test_files_are_looked_for_before_each_run(tmp_path: Path) -> None:
    path = tmp_path / "marker"

    @to_static
    def f(x: Any) -> Any:
        return x if path.exists() or os.path.exists(f"{path}2") else -x

    assert float(f(POSITIVE)) == -1.5
    path.write_text("")
    assert float(f(POSITIVE)) == 1.5
    path.unlink()
    assert float(f(POSITIVE)) == -1.5


def test_a_question_about_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "marker"

    @to_static
    def f(x: Any) -> Any:
        try:
            return x * os.path.getsize(path)
        except OSError:
            return -x

    for size in (None, 2, None, 3):
        if size is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text("a" * size)
        for _ in range(20):  # guards are compiled after some calls
            assert float(f(POSITIVE)) == 1.5 * (size or -1)


REACHES = "`{}` reaches outside of the program: it would be called while the graph is made, and by no run again"
CHANGES = (
    "`{}` may change an object of class {} that this function has not made: it would be called while the graph is "
    "made, and by no run again"
)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: os.open("nowhere", os.O_CREAT), REACHES.format("open")),
        (lambda: os.mkdir("nowhere"), REACHES.format("mkdir")),
        (lambda: os.makedirs("nowhere"), REACHES.format("makedirs")),
        (lambda: os.environ.update(A="1"), REACHES.format("update")),
        (lambda: os.environ.__setitem__("A", "1"), REACHES.format("__setitem__")),
        (lambda: Path("nowhere").write_text("a"), REACHES.format("write_text")),
        (lambda: np.save("nowhere", np.zeros(3)), REACHES.format("save")),
        (lambda: np.zeros(3).tofile("nowhere"), REACHES.format("tofile")),
        (lambda: time.sleep(1), REACHES.format("sleep")),
        (lambda: time.strftime("%c"), REACHES.format("strftime")),
        (lambda: datetime.now(), REACHES.format("now")),
        (lambda: uuid.uuid4(), REACHES.format("uuid4")),
        (lambda: input(), REACHES.format("input")),
        (lambda: contextlib.redirect_stdout(BUFFER), REACHES.format("redirect_stdout")),
        (lambda: BUFFER.write("text"), CHANGES.format("write", "StringIO")),
        (lambda: functools.partial(BUFFER.write, "text")(), CHANGES.format("write", "StringIO")),
        (lambda: ROWS.writerow([1]), CHANGES.format("writerow", "writer")),
        (lambda: WAITING.put(1), CHANGES.format("put", "Queue")),
        (lambda: DIGEST.update(b"a"), CHANGES.format("update", "HASH")),
        (lambda: [len(line) for line in BUFFER], CHANGES.format("for", "StringIO")),
    ],
)
def test_refused(call: Callable[[], Any], what: str) -> None:
    @to_static
    def f(x: Any) -> Any:
        call()
        return x

    with pytest.raises(StagingError) as found:
        f(POSITIVE)
    assert found.value.what == what
    assert found.value.next_step.startswith(("call it outside of", "collect the values in a list"))
    assert not BUFFER.getvalue()
    assert WAITING.empty()


def changes_in_a_branch(x: Any) -> Any:
    buffer = io.StringIO()
    if x > 0:
        buffer.write("a")
    return buffer.getvalue()


def writes_a_value(x: Any) -> Any:
    buffer = io.StringIO()
    buffer.write(f"{x}")
    return buffer.getvalue()


def gives_a_buffer(x: Any) -> Any:
    buffer = io.StringIO()
    return x, buffer


def gives_a_generator(x: Any) -> Any:
    return x, random.Random(3)


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (
            changes_in_a_branch,
            "`write` may change an object of class StringIO that was made outside of this branch or loop: how often a "
            "run comes here is known only when the graph runs",
        ),
        (
            writes_a_value,
            "an object of class StringIO takes what is known while the graph is made, and `write` is given a value "
            "that only a run knows",
        ),
        (
            gives_a_buffer,
            "a StringIO that the function makes is returned or kept, and all runs would have the same one",
        ),
        (
            gives_a_generator,
            "a Random that the function makes is returned or kept, and all runs would have the same one",
        ),
    ],
)
def test_objects_that_the_function_makes(function: Callable[..., Any], what: str) -> None:
    with pytest.raises(StagingError) as found:
        to_static(function)(POSITIVE)
    assert found.value.what == what


@pytest.mark.parametrize("name", ["clock", "warn"])
def test_ops_of_the_world_keep_their_place(name: str) -> None:
    assert lookup(name).effect is Effect.ORDERED
