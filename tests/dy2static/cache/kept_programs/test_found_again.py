"""A second process stages nothing where all is as it was: the same results, lines and graphs."""

import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import InputSpec
from dy2static.cache import cache, kept_programs
from dy2static.errors import UnrolledLoopWarning
from graph.ir.printer import print_graph
from graph.llvm.runtime.cache import Cached, default_cache
from graph.llvm.runtime.object_code import ObjectCode
from support.second_process import HELPERS, TEXT, X, assert_same, is_kept, static

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
