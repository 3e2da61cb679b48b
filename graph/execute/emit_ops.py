"""One op as a Python expression: an operator where NumPy gives it the kernel's exact meaning, else a kernel call."""

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from graph.aval import Aval, is_static
from graph.dtypes import DType, bool_
from graph.execute import floats
from graph.execute.bindings import Bindings, call, dotted, variable
from graph.ir.op import Op
from graph.ir.value import Value

BINARY: Final[dict[str, tuple[np.ufunc, ast.operator]]] = {
    "+": (np.add, ast.Add()),
    "-": (np.subtract, ast.Sub()),
    "*": (np.multiply, ast.Mult()),
    "/": (np.true_divide, ast.Div()),
    "//": (np.floor_divide, ast.FloorDiv()),
    "%": (np.remainder, ast.Mod()),
    "@": (np.matmul, ast.MatMult()),
    "&": (np.bitwise_and, ast.BitAnd()),
    "|": (np.bitwise_or, ast.BitOr()),
    "^": (np.bitwise_xor, ast.BitXor()),
}
"""Operators and the ufuncs that they call. `**` is not among them: on arrays it has short cuts that `power` has not."""
COMPARE: Final[dict[str, tuple[np.ufunc, ast.cmpop]]] = {
    "==": (np.equal, ast.Eq()),
    "!=": (np.not_equal, ast.NotEq()),
    "<": (np.less, ast.Lt()),
    "<=": (np.less_equal, ast.LtE()),
    ">": (np.greater, ast.Gt()),
    ">=": (np.greater_equal, ast.GtE()),
}
UNARY: Final[dict[str, tuple[np.ufunc, ast.unaryop]]] = {
    "-": (np.negative, ast.USub()),
    "~": (np.invert, ast.Invert()),
}
LOGICAL: Final[dict[np.ufunc, np.ufunc]] = {
    np.logical_and: np.bitwise_and,
    np.logical_or: np.bitwise_or,
    np.logical_xor: np.bitwise_xor,
    np.logical_not: np.invert,
}
"""On bools the logical functions are the bitwise ones."""
REUSE_FROM: int = 16 * 1024
"""Buffers of fewer bytes are not reused: `out=` costs more than it saves."""


def is_scalar(value: Value) -> bool:
    return isinstance(value.type, Aval) and value.type.ndim == 0


def buffer_key(value: Value) -> tuple[DType, tuple[Any, ...]] | None:
    """What two buffers must share for one to serve as the other; None for values not worth it."""
    t = value.type
    if not isinstance(t, Aval) or t.ndim == 0 or not is_static(t.shape):
        return None
    size = math.prod(d for d in t.shape if isinstance(d, int)) * t.dtype.itemsize
    return (t.dtype, t.shape) if size >= REUSE_FROM else None


def is_elementwise(op: Op) -> bool:
    kernel = op.opdef.kernel
    return isinstance(kernel, np.ufunc) and kernel.signature is None and len(op.results) == 1


class OpExpressions:
    """Expressions for ops without regions. `ref` gives the expression of an operand; `numbers` are the values that are
    numbers of Python's too, with the variables of these where they are others."""

    def __init__(
        self,
        bindings: Bindings,
        ref: Callable[[Value], ast.expr],
        constants: Mapping[Value, Any],
        numbers: Mapping[Value, str | None],
    ) -> None:
        self._bindings = bindings
        self._ref = ref
        self._constants = constants
        self._numbers = numbers

    def of(self, op: Op, *, inplace: bool = False, out: str | None = None, often: bool = False) -> ast.expr:
        """The expression that computes the op, `inplace` by its twin, or into the buffer `out`. `often`: it runs many
        times, in a loop in which floats are Python's (see `floats`)."""
        if not often:
            return self._of(op, inplace, out, often)
        is_of_floats = bool(op.operands) and floats.of_floats(op)
        if is_of_floats and (written := self._operator_on_floats(op)) is not None:
            return written
        usual = self._of(op, inplace, out, often)
        if not floats.gives_float(op):
            return usual
        usual = floats.of_python(usual)
        return self._function_on_floats(op, usual) if is_of_floats else usual

    def _function_on_floats(self, op: Op, usual: ast.expr) -> ast.expr:
        """Functions of Python's floats whose bits it has right more quickly, but for where it takes the `usual` way."""
        operands = [self._float(value) for value in op.operands]
        match op.name:
            case "minimum":
                return floats.least(operands[0], operands[1], usual)
            case "maximum":
                return floats.most(operands[0], operands[1], usual)
            case "clip":
                return floats.between(operands[0], operands[1], operands[2], usual)
            case "sqrt":
                return floats.root(self._bindings.function(math.sqrt, "sqrt"), operands[0], usual)
            case "abs":
                return call(variable("abs"), operands[0])
            case _:
                return usual

    def _operator_on_floats(self, op: Op) -> ast.expr | None:
        """The op written with an operator of Python's floats; None where there is none that gives the same bits."""
        kernel, symbol = op.opdef.kernel, op.opdef.symbol
        operands = [self._float(value) for value in op.operands]
        if len(operands) == 1:
            return ast.UnaryOp(ast.USub(), operands[0]) if kernel is np.negative else None
        if kernel is np.true_divide:
            return floats.quotient(*operands)
        if kernel in (np.add, np.subtract, np.multiply):
            return ast.BinOp(operands[0], BINARY[symbol][1], operands[1])
        compare = COMPARE.get(symbol)
        if compare is None or compare[0] is not kernel:
            return None
        return call(dotted("np", "bool_"), ast.Compare(operands[0], [compare[1]], [operands[1]]))

    def _float(self, value: Value) -> ast.expr:
        """A 0-d float64, as Python's float where it is a constant."""
        constant = self._constants.get(value)
        return self._ref(value) if constant is None else _literal(constant) or self._ref(value)

    def _of(self, op: Op, inplace: bool, out: str | None, often: bool) -> ast.expr:
        if op.name == "is_some":
            test = ast.Compare(self._ref(op.operands[0]), [ast.IsNot()], [ast.Constant(None)])
            return ast.IfExp(test, dotted("np", "True_"), dotted("np", "False_"))
        if op.name == "cast" and self._is_widening(op):
            return call(dotted("np", op.results[0].dtype.type.__name__), self._ref(op.operands[0]))
        kernel = op.opdef.kernel
        if isinstance(kernel, np.ufunc):
            written = None if out else self._operator(op, LOGICAL.get(kernel, kernel), often)
            if written is not None:
                return written
            operands = self._operands(op, literals=kernel is not np.power)
            if often and len({v.dtype for v in op.operands}) > 1:
                operands = [self.as_numpy(v) for v in op.operands]
            expression = call(self._bindings.function(kernel, op.name), *operands)
            if out:
                expression.keywords.append(ast.keyword("out", variable(out)))
            return expression
        chosen = op.opdef.inplace if inplace and op.opdef.inplace is not None else kernel
        expression = self._kernel_call(op, chosen, often)
        if len(op.results) == 1 and is_scalar(op.results[0]):
            return call(self._bindings.helper("as_scalar"), expression)
        return expression

    def _kernel_call(self, op: Op, kernel: Callable[..., Any], often: bool) -> ast.Call:
        """`kernel(*operands, **attrs)`."""
        attrs = {name: self._bindings.literal(value) for name, value in op.attrs.items()}
        operands = map(self.as_numpy if often else self._ref, op.operands)
        return call(self._bindings.function(kernel, op.name), *operands, **attrs)

    def as_numpy(self, value: Value) -> ast.expr:
        """A value in a loop as others than arithmetic take it."""
        is_python = floats.is_float(value) and value not in self._constants
        return floats.of_numpy(self._ref(value)) if is_python else self._ref(value)

    def _is_widening(self, op: Op) -> bool:
        """A 0-d cast for which the constructor of the dtype does what `astype` does."""
        if not is_scalar(op.operands[0]):
            return False
        source, target = op.operands[0].dtype, op.results[0].dtype
        return (
            source.kind in "biuf"
            and target.kind in "iuf"
            and (np.can_cast(source, target, "safe") or (source.kind == "f" and target.kind == "f"))
        )

    def _operator(self, op: Op, ufunc: np.ufunc, often: bool) -> ast.expr | None:
        """The op written with a Python operator; None where that would not give the same bits."""
        symbol = op.opdef.symbol
        dtypes = {v.dtype for v in op.operands}
        is_bool = dtypes == {bool_}
        if (op.opdef.kernel in LOGICAL and not is_bool) or not all(d.kind in "biufc" for d in dtypes):
            return None
        if all(map(is_scalar, op.operands)) and not (
            all(d.kind in "biuf" for d in dtypes) and _is_exact(symbol, dtypes)
        ):
            return None
        if is_bool and not symbol:
            symbol = next((s for s, (known, _) in {**BINARY, **UNARY}.items() if known is ufunc), "")
        if len(op.operands) == 1:
            unary = UNARY.get(symbol)
            return ast.UnaryOp(unary[1], self._ref(op.operands[0])) if unary and unary[0] is ufunc else None
        # Between NumPy's scalars an operator takes half of the time that it takes with a literal, which reads better.
        if any(v in self._numbers for v in op.operands) and all(
            v in self._numbers or v in self._constants for v in op.operands
        ):
            left, right = map(self._number, op.operands)
        else:
            left, right = self._operands(op, literals=not (often and all(map(is_scalar, op.operands))))
        binary = BINARY.get(symbol)
        if binary and binary[0] is ufunc:
            return ast.BinOp(left, binary[1], right)
        compare = COMPARE.get(symbol)
        return ast.Compare(left, [compare[1]], [right]) if compare and compare[0] is ufunc else None

    def _number(self, value: Value) -> ast.expr:
        """A value as a number of Python's."""
        if value not in self._numbers:
            return ast.Constant(int(self._constants[value]))
        name = self._numbers[value]
        return self._ref(value) if name is None else variable(name)

    def _operands(self, op: Op, *, literals: bool) -> list[ast.expr]:
        """Operand expressions; a 0-d constant beside a variable of its dtype becomes a literal, which is weak."""
        expressions: list[ast.expr] = []
        for i, value in enumerate(op.operands):
            constant = self._constants.get(value)
            partners = [v for j, v in enumerate(op.operands) if j != i and v not in self._constants]
            if literals and constant is not None and any(v.dtype == value.dtype for v in partners):
                expressions.append(_literal(constant) or self._ref(value))
            else:
                expressions.append(self._ref(value))
        return expressions


def _is_exact(symbol: str, dtypes: set[DType]) -> bool:
    """Whether the operator on NumPy scalars runs the code that the ufunc runs."""
    return symbol not in ("//", "%") or all(d.kind in "iu" for d in dtypes)


def truth(test: ast.expr) -> ast.expr:
    """What decides: `x is not None` for `np.True_ if x is not None else np.False_`, `x < y` for `np.bool_(x < y)`."""
    match test:
        case ast.IfExp(test=decides, body=ast.Attribute()) | ast.Call(args=[ast.Compare() as decides]):
            return decides
        case _:
            return test


def _literal(constant: Any) -> ast.expr | None:
    """A Python literal for a NumPy scalar; None where there is none that means the same."""
    dtype = constant.dtype
    if dtype.kind == "b":
        return dotted("np", "True_" if constant else "False_")
    if dtype.kind in "iu":
        return ast.Constant(int(constant))
    if dtype.kind == "f" and np.isfinite(constant):
        return ast.Constant(float(constant))
    return None
