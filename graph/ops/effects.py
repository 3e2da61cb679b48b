"""Ops that are seen from outside: printed text, errors that the user's code raises, checks of a trace's decisions.

Texts are given as `parts`, one more than there are operands, with the operands' texts between them; `forms` has for
each operand its conversion and format spec, as written in an f-string (see `text_of`).
"""

import builtins
import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from graph.aval import Aval, ListType, Type
from graph.errors import DTypeError, InternalError, TraceGuardError
from graph.ir.lowering import BuiltIn, Callback
from graph.ir.onnx_form import OnnxDropped, OnnxRule
from graph.ir.opdef import Again, Effect, NotDifferentiable, OpDef, register
from graph.ops.effects_onnx import check_onnx, fail_onnx, guard_onnx, raise_onnx
from graph.ops.raised import Shown, caught_error, class_of, made
from graph.ops.shape_rules import is_predicate
from graph.ops.text_of import format_tensor, message, repr_tensor, short

NO_RESULT: Final = NotDifferentiable("there is no result")
GUARD_KINDS: Final = ("bool", "int", "float", "complex", "len", "shape", "array")
"""What crossed from a tensor to Python while tracing."""
ARRAY: Final[Any] = np.ndarray


def _check_text(op: str, operands: tuple[Type, ...], parts: tuple[str, ...], forms: tuple[str, ...]) -> None:
    if len(forms) != len(operands) or len(parts) != len(operands) + 1:
        raise InternalError(f"`{op}`: {len(parts)} parts and {len(forms)} forms for {len(operands)} operands")


def _check_error(op: str, error: str) -> None:
    kind = getattr(builtins, error, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise InternalError(f"`{op}`: {error!r} is no built-in exception")


def infer_print(*operands: Type, parts: tuple[str, ...], forms: tuple[str, ...], stream: str) -> tuple[Type, ...]:
    """Shape rule of `print(*operands)`: any types, no result. The line's end is in the last part; `stream` is "stdout"
    or "stderr"."""
    _check_text("print", operands, parts, forms)
    if stream not in ("stdout", "stderr"):
        raise InternalError(f"`print`: there is no stream {stream!r}")
    return ()


def print_kernel(*operands: Any, parts: tuple[str, ...], forms: tuple[str, ...], stream: str) -> tuple[()]:
    getattr(sys, stream).write(message(parts, operands, forms))
    return ()


def infer_check(
    ok: Type, *operands: Type, error: str, parts: tuple[str, ...], forms: tuple[str, ...]
) -> tuple[Type, ...]:
    """Shape rule of `check(ok, *operands)`: `ok` is bool[]; no result.

    Where `ok` is false the built-in exception named `error` is raised, with the message, or without one where `parts`
    is empty.
    """
    if not is_predicate(ok):
        raise DTypeError(f"the test of `check` must be bool[], not {ok}")
    infer_fail(*operands, error=error, parts=parts, forms=forms)
    return ()


def check_kernel(ok: Any, *operands: Any, error: str, parts: tuple[str, ...], forms: tuple[str, ...]) -> tuple[()]:
    return () if ok else fail_kernel(*operands, error=error, parts=parts, forms=forms)


def infer_fail(*operands: Type, error: str, parts: tuple[str, ...], forms: tuple[str, ...]) -> tuple[Type, ...]:
    """Shape rule of `fail(*operands)`, which always raises: as `check` whose test is false."""
    _check_error("fail", error)
    if parts or operands:
        _check_text("fail", operands, parts, forms)
    return ()


def fail_kernel(*operands: Any, error: str, parts: tuple[str, ...], forms: tuple[str, ...]) -> tuple[()]:
    kind = getattr(builtins, error)
    raise kind(message(parts, operands, forms)) if parts else kind()


Item = tuple[Any, ...]
"""A part of an exception: ("value", v) known now, ("text", parts, forms), ("number",): an operand as a Python number,
("tensor",): the texts of an operand, ("shown", parts, forms): an object, by its `repr`, ("tuple", items), ("error",
name, args): another exception, ("caught",): what an `attempt` caught, by its text. Operands in order."""


def infer_raise(
    *operands: Type, error: str, args: tuple[Item, ...], fields: tuple[tuple[str, Item], ...]
) -> tuple[Type, ...]:
    """Shape rule of `raise(*operands)`, which always raises: an exception of any class, with any arguments.

    `error` names its class (see `raised`), `args` are its arguments, `fields` its attributes.
    """
    if class_of(error) is None:
        raise InternalError(f"`raise`: {error!r} is no exception")
    taken = sum(_operands_of(item) for item in (*args, *(item for _, item in fields)))
    if taken != len(operands):
        raise InternalError(f"`raise`: {len(operands)} operands where {taken} are used")
    return ()


def _operands_of(item: Item) -> int:
    match item[0]:
        case "text" | "shown":
            return len(item[2])
        case "error" | "tuple":
            return sum(_operands_of(inner) for inner in item[-1])
        case kind:
            return int(kind in ("number", "tensor", "caught"))


def raise_kernel(*operands: Any, error: str, args: tuple[Item, ...], fields: tuple[tuple[str, Item], ...]) -> tuple[()]:
    rest = iter(operands)
    values = tuple(_item(item, rest) for item in args)
    raise made(class_of(error), values, {name: _item(item, rest) for name, item in fields})


def _item(item: Item, rest: Iterator[Any]) -> Any:
    match item:
        case ("text", parts, forms):
            return message(parts, [next(rest) for _ in forms], forms)
        case ("shown", parts, forms):
            text = message(parts, [next(rest) for _ in forms], forms)
            return Shown(text, text)
        case ("number",):
            return np.asarray(next(rest)).item()
        case ("tensor",):
            x = next(rest)
            return Shown(format_tensor(x), repr_tensor(x))
        case ("error", name, args):
            return made(class_of(name), tuple(_item(arg, rest) for arg in args), {})
        case ("tuple", items):
            return tuple(_item(inner, rest) for inner in items)
        case ("caught",):
            return caught_error(next(rest))
        case _:
            return item[1]


def infer_guard(x: Type, *, kind: str, expected: Any, site: str) -> tuple[Type, ...]:
    """Shape rule of `guard(x)`: no result.

    A trace took `expected` for what Python saw of `x` at `site`: its `kind`, one of GUARD_KINDS. Another value at
    replay raises TraceGuardError.
    """
    if kind not in GUARD_KINDS:
        raise InternalError(f"`guard`: there is no kind {kind!r}")
    if kind != "len" and not isinstance(x, Aval):
        raise DTypeError(f"`guard` of kind {kind!r} takes a tensor, not {x}")
    if kind == "len" and not (isinstance(x, ListType) or (isinstance(x, Aval) and x.ndim)):
        raise DTypeError(f"{x} has no length")
    return ()


def crossed(x: Any, kind: str) -> Any:
    """What Python sees of a run-time value: `bool(x)`, `len(x)`, `x.shape`, `np.asarray(x)`, ..."""
    match kind:
        case "bool":
            return bool(x)
        case "int":
            return int(x)
        case "float":
            return float(x)
        case "complex":
            return complex(x)
        case "len":
            return len(x)
        case "array":
            return np.asarray(x)
        case _:
            return np.shape(x)


def guard_kernel(x: Any, *, kind: str, expected: Any, site: str) -> tuple[()]:
    value = crossed(x, kind)
    if is_same(value, expected):
        return ()
    article = "an" if kind in ("int", "array") else "a"
    raise TraceGuardError(
        f"the trace was recorded with {short(expected)} for {article} {kind} that is {short(value)} now ({site}); "
        "the recorded program does not hold for these inputs.",
        next_step='trace again (`on_mismatch="retrace"` does it), or convert the source with `@to_static`.',
    )


def is_same(a: Any, b: Any) -> bool:
    """Whether Python code that is given `b` for `a` cannot tell: nan is nan, 0.0 is not -0.0."""
    if isinstance(a, ARRAY):
        return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, float | complex):
        return repr(a) == repr(b)
    return bool(a == b)


register(
    OpDef(
        "print",
        infer=infer_print,
        kernel=print_kernel,
        vjp=NO_RESULT,
        promote=None,
        effect=Effect.ORDERED,
        again=Again.SHOWN,
        lower=Callback("Python prints"),
        onnx=OnnxDropped("print"),
    )
)
register(
    OpDef(
        "check",
        infer=infer_check,
        kernel=check_kernel,
        vjp=NO_RESULT,
        promote=None,
        effect=Effect.ORDERED,
        again=Again.PASSED,
        lower=BuiltIn(),
        onnx=OnnxRule(check_onnx),
    )
)
register(
    OpDef(
        "fail",
        infer=infer_fail,
        kernel=fail_kernel,
        vjp=NO_RESULT,
        promote=None,
        effect=Effect.ORDERED,
        lower=BuiltIn(),
        onnx=OnnxRule(fail_onnx),
    )
)
register(
    OpDef(
        "raise",
        infer=infer_raise,
        kernel=raise_kernel,
        vjp=NO_RESULT,
        promote=None,
        effect=Effect.ORDERED,
        lower=BuiltIn(),
        onnx=OnnxRule(raise_onnx),
    )
)
register(
    OpDef(
        "guard",
        infer=infer_guard,
        kernel=guard_kernel,
        vjp=NO_RESULT,
        promote=None,
        effect=Effect.ORDERED,
        again=Again.PASSED,
        lower=BuiltIn(),
        onnx=OnnxRule(guard_onnx),
    )
)
