"""A second process stages nothing where all is as it was: the same results, lines and graphs; and it stages anew where
anything is not."""

import importlib
import itertools
import linecache
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import InputSpec, StaticFunction, to_static
from dy2static.cache import cache, kept_programs
from dy2static.cache.kept_programs import CONTAINERS, write
from dy2static.errors import UnrolledLoopWarning
from graph.ir.printer import print_graph
from graph.ir.written import WrittenGraph
from graph.llvm.runtime.cache import Cached, default_cache
from graph.llvm.runtime.object_code import ObjectCode

HELPERS = """\
RATE = 0.5

def half(x):
    return x * RATE
"""
TEXT = """\
import math
import time
import builtins
import dataclasses
import functools
from math import pi
import numpy as np
import eager as xp
import eager.functional as F
from eager import tanh as squash
import kept_helpers
from kept_helpers import half

SCALE = 2.0
MODE = "plus"
TIMES = [1.0, 2.0]
SAME = TIMES
SIZES = {"a": 3.0, "b": 4.0}
PAIR = (1.0, (2.0, "x"))
W = xp.asarray([1.0, 2.0])
V = W
TABLE = np.asarray([3.0, 4.0])
DTYPE = np.float32
SEEN = []
STEPS = {"half": half}

def scaled(x, by=3.0, *, more=1.0):
    return x * by + more

def number(x):
    return x * SCALE

def text(x):
    return x + 1 if MODE == "plus" else x - 1

def items(x):
    for t in TIMES:
        x = x * t
    return x

def keys(x):
    return [x * SIZES[key] for key in SIZES]

def nested(x):
    return x * PAIR[0] + PAIR[1][0], PAIR[1][1]

def is_same(x):
    return x + (1 if TIMES is SAME else 2)

def tensor(x):
    return x * W

def tensors(x):
    return x * W + V if W is V else x * W - V

def array(x):
    return x * TABLE

def kind(x):
    return xp.astype(x, DTYPE)

def called(x):
    return scaled(x)

def of_module(x):
    return half(x) + kept_helpers.RATE

def in_a_dict(x):
    return STEPS["half"](x)

def by_name(x):
    return squash(x) * math.floor(pi)

def length(x):
    return x * len(TIMES)

def wide(x):
    return 7

def wide_of_three(x, by, *, more):
    return x * by - more

def of_numpy(x):
    return np.sum(np.sqrt(x)) * np.pi

def made(x):
    found = [x, x + 1]
    return {"a": found, "b": (found, None, 2.5), "x": x}

def loop(x):
    t = 0.0
    while t < x.sum():
        t = t + x[0]
    return t

def fails(x):
    if x.sum() > 100:
        raise ValueError(f"too much: {x.sum()}")
    return x * 2

def closed(by):
    def inner(x):
        return x * by
    return inner

def gradient(x):
    return xp.grad(number_of)(x)

def number_of(x):
    return (x * x * SCALE).sum()

def clock(x):
    return x + (time.time() > 0)

def drawn(x):
    return F.dropout(x, 0.5)

def changes(x):
    SEEN.append(1)
    return x

def imports(x):
    import time as t
    return x + (t.time() > 0)

def of_a_set(x):
    for by in {"a", "b"}:
        x = x * (1.0 if by == "a" else 2.0)
    return x

def hashed(x):
    return x + (hash("a") > 0)

def addressed(x):
    return x + (id(SEEN) > 0)

@dataclasses.dataclass
class Options:
    by: float = 2.0

OPTIONS = Options()

def of_an_object(x):
    return x * OPTIONS.by

def asked(x):
    return x * getattr(kept_helpers, "RATE")

def its_name(x):
    return x + len(scaled.__name__)

def its_text(x):
    return x, f"{scaled}"

def its_files(x):
    with open(__file__) as file:
        return x + len(file.read())

def builtin(x):
    return x + (builtins.len([1]))

def formatted(x):
    return x, "{0.RATE}".format(kept_helpers)

def mentions(x):
    return xp.tanh(x) + xp.exp(x)

def partly(x):
    return functools.partial(scaled, by=2.0)(x)
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    write()  # what waits is of this folder


_TIME = itertools.count(1)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., ModuleType]:
    """Modules as a new process has them, made of these texts."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))

    def loaded(text: str = TEXT, helpers: str = HELPERS) -> ModuleType:
        write()
        for name, content in {"kept_helpers": helpers, "kept_model": text}.items():
            path = tmp_path / f"{name}.py"
            if not path.exists() or path.read_text() != content:
                path.write_text(content)
                os.utime(path, (1, next(_TIME)))  # before this process began
            monkeypatch.delitem(sys.modules, name, raising=False)
        linecache.checkcache()
        importlib.invalidate_caches()
        importlib.import_module("kept_helpers")
        return importlib.import_module("kept_model")

    return loaded


X = xp.asarray([0.5, 1.5])


def static(function: Any, **options: Any) -> StaticFunction:
    return to_static(function, executor="native", compile="now", **options)


def is_kept(function: StaticFunction) -> bool:
    """Whether its latest program was found, not staged."""
    found = function.cache.latest
    assert found is not None
    return isinstance(found.staged.form, WrittenGraph)


def assert_same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, CONTAINERS) and expected is not None:
        assert len(found) == len(expected)
        if isinstance(expected, dict):
            assert list(found) == list(expected)
            found, expected = list(found.values()), list(expected.values())
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b)
    elif isinstance(expected, xp.Tensor):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-6)
    else:
        assert found == expected


KEPT = (
    *("number", "text", "items", "keys", "nested", "is_same", "tensor", "tensors", "array", "kind", "called"),
    *("of_module", "in_a_dict", "by_name", "length", "of_numpy", "made", "loop", "fails", "gradient", "builtin"),
)


@pytest.mark.parametrize("name", KEPT)
def test_a_second_process_stages_nothing(
    name: str, process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = static(getattr(process(), name))
    expected = first(X)
    graph = print_graph(first.programs[0].staged.graph)
    assert not is_kept(first)
    module = process()
    with monkeypatch.context() as without:
        without.setattr(cache, "stage", None)
        again = static(getattr(module, name))
        assert_same(again(X), expected)
        assert is_kept(again)
        for _ in range(3):  # by the guards, and by the shortcut
            assert_same(again(X * 2), getattr(module, name)(X * 2))
    assert len(again.programs) == 1
    assert print_graph(again.programs[0].staged.graph) == graph
    assert str(again.graph) == str(first.graph)
    assert again.native.llvm == first.native.llvm
    assert again.explain() == first.explain()
    assert again.programs[0].staged.functions[0].__name__ == name


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


Y = xp.asarray([1.0, 2.0])
ARGUMENTS: list[tuple[Any, Any, bool]] = [
    (Y, xp.asarray([3.0, 4.0]), True),
    (Y, xp.asarray([3.0, 4.0, 5.0]), False),
    (Y, xp.asarray([3.0, 4.0], dtype=xp.float32), False),
    (Y, np.asarray([3.0, 4.0]), False),
    (Y, xp.Parameter(xp.asarray([3.0, 4.0])), False),
    (2.0, 2.0, True),
    (2.0, 3.0, False),
    (2.0, 2, False),
    (0.0, -0.0, False),
    ("a", "a", True),
    ("a", "b", False),
    (None, None, True),
    (None, "None", False),
    (True, 1, False),
    ([X, 2.0], [X, 2.0], True),
    ([X, 2.0], (X, 2.0), False),
    ({"a": X}, {"a": X}, True),
    ({"a": X}, {"b": X}, False),
    (xp.float32, xp.float32, True),
    (xp.float32, xp.float64, False),
    (xp.tanh, xp.tanh, True),
    (xp.tanh, xp.sin, False),
    (slice(1), slice(1), False),
    (object, object, False),
]

TAKES_ANY = """\
import eager as xp

def f(x, y):
    return x + 1

def back(x, y):
    return y, x + 1
"""


@pytest.mark.parametrize(("one", "other", "is_found"), ARGUMENTS, ids=lambda x: type(x).__name__)
def test_arguments_are_of_one_kind(one: Any, other: Any, is_found: bool, process: Callable[..., ModuleType]) -> None:
    static(process(TAKES_ANY).f)(X, one)
    again = static(process(TAKES_ANY).f)
    assert_same(again(X, other), X + 1)
    assert is_kept(again) == is_found


@pytest.mark.parametrize("value", [None, 2.5, -0.0, float("nan"), 3, True, "a", b"a", 1j], ids=str)
def test_values_of_python_are_returned(value: Any, process: Callable[..., ModuleType]) -> None:
    for is_found in (False, True):
        again = static(process(TAKES_ANY).back)
        assert repr(again(X, value)[0]) == repr(value)
        assert is_kept(again) == is_found


def test_arguments_that_are_returned_are_those_of_the_call(process: Callable[..., ModuleType]) -> None:
    static(process(TAKES_ANY).back)(X, [X])
    given = [X]
    again = static(process(TAKES_ANY).back)
    assert again(X, given)[0] is given
    assert is_kept(again)


def test_one_tensor_passed_twice_is_another_kind_of_call(process: Callable[..., ModuleType]) -> None:
    static(process(TAKES_ANY).f)(X, xp.asarray([1.0, 2.0]))
    again = static(process(TAKES_ANY).f)
    again(X, X)
    assert not is_kept(again)


def test_objects_of_a_result_are_made_by_each_run(process: Callable[..., ModuleType]) -> None:
    static(process().made)(X)
    again = static(process().made)
    one, other = again(X), again(X)
    assert is_kept(again)
    assert one["a"] is one["b"][0]
    assert one["a"] is not other["a"]


def test_closures_have_programs_of_their_own(process: Callable[..., ModuleType]) -> None:
    module = process()
    values = (2.0, 3.0, xp.asarray(4.0))
    for by in values:
        static(module.closed(by))(X)
    module = process()
    for by in values:
        again = static(module.closed(by))
        assert_same(again(X), X * by)
        assert is_kept(again)
    again = static(module.closed(5.0))
    assert_same(again(X), X * 5.0)
    assert not is_kept(again)


@pytest.mark.parametrize(
    "options", [{"exact": True}, {"cpu": "x86-64"}, {"input_spec": {"x": InputSpec("n")}}], ids=str
)
def test_options_count(options: dict[str, Any], process: Callable[..., ModuleType]) -> None:
    static(process().number)(X)
    again = static(process().number, **options)
    again(X)
    assert not is_kept(again)
    again = static(process().number, **options)
    again(X)
    assert is_kept(again)


def test_sizes_that_differ_are_kept_too(process: Callable[..., ModuleType]) -> None:
    longer = xp.asarray([1.0, 2.0, 3.0])
    first = static(process().number)
    first(X), first(longer)
    again = static(process().number)
    for x in (X, longer, xp.asarray([1.0, 2.0, 3.0, 4.0])):
        assert_same(again(x), x * 2.0)
        assert is_kept(again)
    assert len(again.programs) == 2


def test_a_number_outside_that_changes_becomes_an_input(process: Callable[..., ModuleType]) -> None:
    static(process().number)(X)
    module = process()
    again = static(module.number)
    for module.SCALE in (2.0, 3.0, 4.0, 5.0):
        assert_same(again(X), X * module.SCALE)
    assert len(again.programs) == 2


def test_a_failure_has_its_line(process: Callable[..., ModuleType]) -> None:
    errors: list[list[str]] = []
    for is_found in (False, True):
        again = static(process().fails)
        again(X)
        with pytest.raises(ValueError, match="too much: 200") as caught:
            again(xp.asarray([100.0, 100.0]))
        assert is_kept(again) == is_found
        errors.append(traceback.format_exception(caught.value))
    assert errors[0] == errors[1]
    assert "in fails" in "".join(errors[0])


def test_gradients_of_what_was_found(process: Callable[..., ModuleType]) -> None:
    static(process().number_of)(X)
    module = process()
    again = static(module.number_of)
    again(X)
    assert is_kept(again)
    expected = xp.grad(module.number_of)(X)
    assert_same(again.grad()(X), expected)
    assert_same(xp.grad(again)(X), expected)


def test_without_the_tape_is_another_kind_of_call(process: Callable[..., ModuleType]) -> None:
    static(process().number)(X)
    again = static(process().number)
    with xp.no_grad():
        again(X)
    assert not is_kept(again)


UNROLLS = """\
def f(x):
    found = {}
    for i in range(100):
        found[i] = x + i
    return found[3]
"""


def test_users_are_warned_by_each_process(process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dy2static.runtime.rolling.MOST_OPS", 10)
    monkeypatch.setattr("dy2static.runtime.rolling.TOO_MANY_OPS", 50)
    for _ in range(2):
        again = static(process(UNROLLS).f)
        with pytest.warns(UnrolledLoopWarning):
            again(X)


def test_what_is_damaged_is_staged(process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"", b"no marshal", b"(\x00\x00\x00\x00", b"[\x01\x00\x00\x00s\x02\x00\x00\x00ab"):
        static(process().number)(X)
        module = process()
        for path in Path(str(default_cache().folder)).glob("staged-*"):
            default_cache().put(path.stem, Cached(ObjectCode(content, ())))
        again = static(module.number)
        assert_same(again(X), X * 2.0)
        assert not is_kept(again)


def test_other_versions_of_ours_keep_their_own(
    process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    static(process().number)(X)
    module = process()
    monkeypatch.setattr(kept_programs, "VERSION", "another")
    again = static(module.number)
    again(X)
    assert not is_kept(again)


def test_nothing_is_kept_without_a_folder(process: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    for _ in range(2):
        again = static(process().number)
        again(X)
        assert not is_kept(again)


def test_processes(tmp_path: Path) -> None:
    (tmp_path / "kept_helpers.py").write_text(HELPERS)
    (tmp_path / "kept_model.py").write_text(TEXT)
    asks = (
        "import eager as xp, kept_model as m\n"
        "from dy2static import to_static\n"
        "f = to_static(m.loop, executor='native')\n"
        "print(f(xp.asarray([0.5, 1.5])), type(f.programs[0].staged.form).__name__)\n"
        "f.wait_compiled()\n"
    )
    said = [
        subprocess.run([sys.executable, "-c", asks], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [line.split() for line in said] == [["2.0", "Graph"], ["2.0", "WrittenGraph"]]
