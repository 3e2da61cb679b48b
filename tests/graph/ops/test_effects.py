"""Printed text, errors of the user's code, and guards of traces."""

from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, ListType
from graph.dtypes import bool_, float64
from graph.errors import DTypeError, IndexRangeError, InternalError, TraceGuardError
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import Effect, effect_of, lookup
from graph.location import Loc
from graph.ops.raised import Shown, class_of, name_of, packed
from graph.ops.text_of import repr_tensor, text_of

half, pair = np.float32(0.5), np.array([1.0, 2.0])


@pytest.mark.parametrize("value", [np.float64(1.5), np.float32(0.1), np.int64(3), np.True_, pair, np.ones((2, 2), int)])
def test_text_of_a_tensor_is_that_of_its_array(value: Any) -> None:
    assert text_of(value, "") == str(value)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (half, ":.3f", "0.500"),
        (np.int64(7), ":>4", "   7"),
        (np.int64(7), "!s:>4", "   7"),
        (np.int64(255), ":#x", "0xff"),
        (np.float64(0.25), "!r", "tensor(0.25)"),
        (half, "!r", "tensor(0.5, dtype=float32)"),
        (pair, "!r", "tensor([1., 2.])"),
        (pair, "!r:>20", "    tensor([1., 2.])"),
        (pair, "!a", "tensor([1., 2.])"),
        ([np.float64(1), pair], "", "[tensor(1.), tensor([1., 2.])]"),
        ([[np.int64(1)], []], "!r", "[[tensor(1)], []]"),
        (None, "", "None"),
        (None, "!r", "None"),
    ],
)
def test_fields_of_f_strings(value: Any, form: str, text: str) -> None:
    assert text_of(value, form) == text


@pytest.mark.parametrize(("value", "name"), [(pair, "Tensor"), ([half], "list")])
def test_a_spec_is_for_numbers_only(value: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"unsupported format string passed to {name}.__format__"):
        text_of(value, ":.2f")


def test_repr_of_matrices_is_aligned() -> None:
    assert repr_tensor(np.eye(2, dtype=np.float32)) == "tensor([[1., 0.],\n        [0., 1.]], dtype=float32)"
    assert repr_tensor(np.ones((0, 3))) == "tensor([], shape=(0, 3))"
    assert repr_tensor(np.ones(0, np.int32)) == "tensor([], dtype=int32)"


def test_print_writes_as_python_prints(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = lookup("print").kernel
    assert kernel(half, pair, parts=("a=", " b=", "\n"), forms=("", ""), stream="stdout") == ()
    kernel(parts=("oh",), forms=(), stream="stderr")
    assert capsys.readouterr() == ("a=0.5 b=[1. 2.]\n", "oh")


def raised(op: str, *operands: Any, **attrs: Any) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (which one is what is asked)
        lookup(op).kernel(*operands, **attrs)
    return caught.value


def test_check_raises_what_the_user_wrote() -> None:
    attrs: dict[str, Any] = {"parts": ("x is ", "!"), "forms": (":.2f",)}
    assert lookup("check").kernel(np.True_, half, error="ValueError", **attrs) == ()
    error = raised("check", np.False_, half, error="ZeroDivisionError", **attrs)
    assert type(error) is ZeroDivisionError
    assert error.args == ("x is 0.50!",)
    bare = raised("check", np.False_, error="AssertionError", parts=(), forms=())
    assert type(bare) is AssertionError
    assert bare.args == ()
    assert raised("fail", error="KeyError", parts=("k",), forms=()).args == ("k",)


class OwnError(KeyError):
    """An exception of a user."""

    code = 0


def test_an_exception_of_any_class() -> None:
    attrs: dict[str, Any] = {"args": (("value", 3), ("text", ("x is ", "!"), ("",))), "fields": ()}
    error = raised("raise", half, error=name_of(OwnError), **attrs)
    assert type(error) is OwnError
    assert error.args == (3, "x is 0.5!")
    fields = (("code", ("number",)), ("__cause__", ("error", "ValueError", (("value", "v"),))))
    error = raised("raise", np.int64(7), error=name_of(OwnError), args=(), fields=fields)
    assert isinstance(error, OwnError)
    assert error.code == 7
    assert isinstance(error.__cause__, ValueError)
    assert error.__cause__.args == ("v",)


def test_a_class_that_is_not_there_is_raised_as_its_base() -> None:
    error = raised("raise", error="nowhere:Gone(ValueError)", args=(("value", "v"),), fields=())
    assert type(error) is ValueError
    assert error.args == ("v",)


def test_classes_of_one_name_are_told_apart() -> None:
    def make() -> type[Exception]:
        class LocalError(ValueError):
            pass

        return LocalError

    first, second = make(), make()
    assert name_of(first) != name_of(second)
    assert (class_of(name_of(first)), class_of(name_of(second))) == (first, second)
    assert name_of(ValueError) == "ValueError"
    assert class_of("no_such_thing") is None


def test_what_is_caught_can_be_raised_again() -> None:
    for error in (OwnError("k"), ValueError("text"), ZeroDivisionError()):
        again = raised("raise_again", packed(error))
        assert type(again) is type(error)
        assert again.args == error.args
        assert text_of(packed(error), "!error message") == str(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("k"),
        KeyError(3),
        KeyError("a", 1),
        ValueError("a\0b", 2.5),
        OSError(2, "gone"),
        AssertionError(),
        IndexRangeError("index 3", next_step="use 2."),
        IndexError(Shown("2", "tensor(2)")),
    ],
)
def test_texts_of_what_is_caught(error: Exception) -> None:
    text = packed(error)
    assert text_of(text, "!error message") == str(error)
    assert text_of(text, "!error args") == repr(error.args)
    assert text_of(text, "!error message quoted") == repr(str(error))
    assert text_of(text, "!error shown") == repr(error)
    assert text_of(text, "!error shown:>99") == f"{error!r:>99}"
    assert text_of(text, "!error name") == type(error).__name__
    assert text_of(text, "!error type") == str(type(error))
    if error.args:
        assert text_of(text, "!error first") == str(error.args[0])
        assert text_of(text, "!error first quoted") == repr(error.args[0])
    again = raised("raise_again", text)
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_the_class_of_what_is_caught() -> None:
    is_of = lookup("error_is").kernel
    text = packed(KeyError("k"))
    for kinds, is_one, is_it in (
        (("KeyError",), True, True),
        (("ValueError", "LookupError"), True, False),
        (("ValueError",), False, False),
        ((), False, False),
        ((name_of(OwnError),), False, False),
    ):
        assert bool(is_of(text, kinds=kinds, exactly=False)) is is_one
        assert bool(is_of(text, kinds=kinds, exactly=True)) is is_it
        assert not is_of(np.zeros(0, np.uint8), kinds=kinds, exactly=False)  # nothing was caught


def test_the_place_of_an_error_is_not_in_its_text() -> None:
    error = IndexRangeError("index 3", next_step="use 2.", loc=Loc("model.py", 1))
    assert text_of(packed(error), "!error message") == "index 3\n  Next: use 2."


GUARDS = [
    (np.True_, "bool", True, False),
    (np.int64(3), "int", 3, 4),
    (np.float64(0.5), "float", 0.5, 0.25),
    (np.float64("nan"), "float", float("nan"), 1.0),
    (np.complex128(1j), "complex", 1j, 1.0),
    (pair, "len", 2, 3),
    ([half], "len", 1, 0),
    (np.ones((2, 3)), "shape", (2, 3), (3, 2)),
]


@pytest.mark.parametrize(("value", "kind", "expected", "other"), GUARDS)
def test_guard_holds_or_raises(value: Any, kind: str, expected: Any, other: Any) -> None:
    kernel = lookup("guard").kernel
    assert kernel(value, kind=kind, expected=expected, site="model.py:3") == ()
    with pytest.raises(TraceGuardError, match=r"model\.py:3"):
        kernel(value, kind=kind, expected=other, site="model.py:3")


def test_guard_says_what_was_and_what_is() -> None:
    error = raised("guard", np.True_, kind="bool", expected=False, site="model.py:3")
    assert isinstance(error, RuntimeError)
    assert str(error) == (
        "the trace was recorded with False for a bool that is True now (model.py:3); "
        "the recorded program does not hold for these inputs.\n"
        '  Next: trace again (`on_mismatch="retrace"` does it), or convert the source with `@to_static`.'
    )


F0, TEXTS = Aval(float64, ()), ListType(Aval(float64, ()))
REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ("print", (F0,), {"parts": ("a",), "forms": ("",), "stream": "stdout"}, InternalError,
     "`print`: 1 parts and 1 forms for 1 operands"),
    ("print", (), {"parts": ("a",), "forms": (), "stream": "log"}, InternalError,
     "`print`: there is no stream 'log'"),
    ("check", (F0,), {"parts": (), "forms": (), "error": "ValueError"}, DTypeError,
     "the test of `check` must be bool[], not f64[]"),
    ("check", (Aval(bool_, ()),), {"parts": (), "forms": (), "error": "int"}, InternalError,
     "`fail`: 'int' is no built-in exception"),
    ("fail", (F0,), {"parts": (), "forms": (), "error": "ValueError"}, InternalError,
     "`fail`: 0 parts and 0 forms for 1 operands"),
    ("raise", (F0,), {"error": "ValueError", "args": (), "fields": ()}, InternalError,
     "`raise`: 1 operands where 0 are used"),
    ("raise", (), {"error": "int", "args": (), "fields": ()}, InternalError, "`raise`: 'int' is no exception"),
    ("error_is", (F0,), {"kinds": (), "exactly": True}, DTypeError,
     "`error_is` takes the text of what an `attempt` caught, not f64[]"),
    ("raise_again", (F0,), {}, DTypeError, "`raise_again` takes the text of what an `attempt` caught, not f64[]"),
    ("guard", (F0,), {"kind": "str", "expected": "", "site": ""}, InternalError, "`guard`: there is no kind 'str'"),
    ("guard", (F0,), {"kind": "len", "expected": 1, "site": ""}, DTypeError, "f64[] has no length"),
    ("guard", (TEXTS,), {"kind": "bool", "expected": True, "site": ""}, DTypeError,
     "`guard` of kind 'bool' takes a tensor, not list<f64[]>"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "types", "attrs", "error", "message"), REFUSED)
def test_bad_operands_are_refused(
    op: str, types: tuple[Any, ...], attrs: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        lookup(op).infer(*types, **attrs)
    assert str(caught.value) == message


def test_all_are_ordered() -> None:
    b = GraphBuilder("f")
    ok = b.param(Aval(bool_, ()))
    assert b.print(ok, parts=("", "\n"), forms=("",), stream="stdout") == ()
    b.check(ok, error="AssertionError", parts=(), forms=())
    b.guard(ok, kind="bool", expected=True, site="")
    b.fail(error="ValueError", parts=(), forms=())
    assert [effect_of(op) for op in b.ops] == [Effect.ORDERED] * 4
