"""A second process stages anew where anything that the first one read is not as it was, or cannot be said to be."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static.cache import cache, kept_programs
from support.second_process import HELPERS, TEXT, X, assert_same, is_kept, static

CHANGES = [
    ("number", "m.SCALE = 5.0", False),
    ("number", "m.SCALE = 2", False),
    ("number", "m.SCALE = m.np.float64(2.0)", False),
    ("number", "m.SCALE = -0.0", False),
    ("number", "m.SCALE = m.xp.asarray(2.0)", False),
    ("text", "m.MODE = 'minus'", False),
    ("text", "m.len = 3", True),
    ("items", "m.TIMES.append(4.0)", False),
    ("items", "m.TIMES[0] = 7.0", False),
    ("items", "m.TIMES = (1.0, 2.0)", False),
    ("items", "m.TIMES = [1.0, 2.0]", True),
    ("keys", "m.SIZES['c'] = 9.0", False),
    ("keys", "m.SIZES = {'b': 4.0, 'a': 3.0}", False),
    ("keys", "m.SIZES['a'] = 9.0", False),
    ("nested", "m.PAIR = (1.0, (2.0, 'y'))", False),
    ("nested", "m.PAIR = (1.0, [2.0, 'x'])", False),
    ("nested", "m.PAIR = (1.0, (2.0, 'x', 3))", False),
    ("is_same", "m.TIMES = [1.0, 2.0]", False),
    ("tensor", "m.W = m.xp.asarray([5.0, 6.0])", True),
    ("tensor", "m.W = m.xp.asarray([5.0])", False),
    ("tensor", "m.W = m.xp.asarray([5, 6])", False),
    ("tensor", "m.W = m.np.asarray([5.0, 6.0])", False),
    ("tensors", "m.V = m.xp.asarray([5.0, 6.0])", False),
    ("array", "m.TABLE[0] = 9.0", False),
    ("array", "m.TABLE = m.np.asarray([3, 4])", False),
    ("array", "m.TABLE = m.np.asarray([3.0, 4.0])", True),
    ("kind", "m.DTYPE = m.np.float64", False),
    ("called", "m.scaled = m.half", False),
    ("called", "m.scaled.__defaults__ = (4.0,)", False),
    ("called", "m.scaled.__kwdefaults__ = {'more': 2.0}", False),
    ("called", "m.scaled.__code__ = m.wide_of_three.__code__", False),
    ("called", "m.scaled = m.functools.wraps(m.scaled)(m.half)", False),
    ("called", "m.scaled = m.xp.grad(m.number_of)", False),
    ("called", "m.scaled = m.functools.lru_cache(m.half)", False),
    ("called", "m.scaled.more = 1", False),
    ("called", "m.called.more = 1", False),
    ("of_module", "m.kept_helpers.RATE = 0.25", False),
    ("of_module", "m.kept_helpers = m.math; m.math.RATE = 3.0", False),
    ("in_a_dict", "m.STEPS['half'] = m.number", False),
    ("in_a_dict", "m.STEPS['half'] = m.squash", False),
    ("by_name", "m.squash = m.xp.sin", False),
    ("by_name", "m.squash = m.number", False),
    ("by_name", "m.pi = 4.0", False),
    ("length", "m.len = m.wide", False),
    ("length", "m.len = m.math.fsum", False),
    ("of_numpy", "m.np = m.xp", False),
    ("gradient", "m.SCALE = 3.0", False),
    ("gradient", "m.number_of = m.loop", False),
    ("loop", "m.unused = 1", True),
]


@pytest.mark.parametrize(("name", "change", "is_found"), CHANGES, ids=lambda x: str(x))
def test_what_is_read_outside_is_as_it_was_or_is_staged(
    name: str, change: str, is_found: bool, process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "m.math.RATE" in change:
        monkeypatch.setattr("math.RATE", 1.0, raising=False)  # set back behind the test
    static(getattr(process(), name))(X)
    module = process()
    exec(change, {"m": module})
    again = static(getattr(module, name))
    assert_same(again(X), getattr(module, name)(X))
    assert is_kept(again) == is_found


LIBRARIES = [
    ("of_numpy", "numpy.sqrt", np.square),
    ("of_numpy", "numpy.pi", 3.0),
    ("by_name", "math.floor", lambda _: 1),
    ("length", "builtins.len", lambda _: 9),
    ("gradient", "eager.grad", lambda _: lambda x: x),
    ("kind", "eager.astype", lambda x, dtype: x),
]


@pytest.mark.parametrize(("name", "path", "other"), LIBRARIES, ids=lambda x: str(x)[:20])
def test_what_others_have_put_into_libraries_counts(
    name: str, path: str, other: Any, process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    static(getattr(process(), name))(X)
    module = process()
    with monkeypatch.context() as changed:
        again = static(getattr(module, name))
        changed.setattr(path, other)
        place = kept_programs.place_of(again.__dy2static_function__, *_first(X), again.cache._options, None)
        found = None if place is None else place.find()
    assert found is None


def test_functions_of_users_in_libraries_are_nothing_that_another_process_has(
    process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = process()
    with monkeypatch.context() as changed:
        changed.setattr("eager.tanh", module.wide)
        static(module.mentions)(X)
    again = static(process().mentions)
    again(X)
    assert not is_kept(again)


def test_members_that_users_give_to_tensors_count(
    process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_changed in (False, True, True):
        module = process()
        if is_changed:
            monkeypatch.setattr(xp.Tensor, "twice", module.number, raising=False)
        again = static(module.number)
        again(X)
        assert not is_kept(again)


def _first(*args: Any) -> Any:
    call = cache.signature(args, {})
    return call, cache.exact(call)


TEXTS = [
    ("number", "x * SCALE", "x + SCALE"),
    ("called", "x * by + more", "x * by - more"),
    ("called", "by=3.0", "by=4.0"),
    ("length", "x * len(TIMES)", "x + len(TIMES)"),
    ("gradient", "(x * x * SCALE)", "(x * SCALE)"),
    ("fails", "too much", "far too much"),
    ("number", "import math\n", "import math\n\n"),
]


@pytest.mark.parametrize(("name", "old", "new"), TEXTS, ids=lambda x: str(x)[:20])
def test_the_text_of_a_file_counts(name: str, old: str, new: str, process: Callable[..., ModuleType]) -> None:
    static(getattr(process(), name))(X)
    module = process(TEXT.replace(old, new, 1))
    again = static(getattr(module, name))
    assert_same(again(X), getattr(module, name)(X))
    assert not is_kept(again)


def test_the_text_of_another_file_counts(process: Callable[..., ModuleType]) -> None:
    static(process().of_module)(X)
    module = process(helpers=HELPERS.replace("x * RATE", "x + RATE"))
    again = static(module.of_module)
    assert_same(again(X), module.of_module(X))
    assert not is_kept(again)


NOT_KEPT = (
    *("clock", "drawn", "changes", "imports", "of_a_set", "hashed", "addressed"),
    *("of_an_object", "asked", "its_name", "its_text", "its_files", "formatted", "partly"),
)


@pytest.mark.parametrize("name", NOT_KEPT)
def test_what_cannot_be_said_to_another_process_is_staged_by_each(
    name: str, process: Callable[..., ModuleType]
) -> None:
    for _ in range(2):
        again = static(getattr(process(), name))
        again(X)
        assert not is_kept(again)
