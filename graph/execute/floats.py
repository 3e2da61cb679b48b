"""Numbers of float64 in the loops of a program that runs meanwhile, as Python's floats: these are added, subtracted,
multiplied and compared in a fifth of the time that NumPy's take, to the same bits.

In such a loop the variable of a 0-d float64 may hold either. What is neither arithmetic nor a function of float64 alone
is given NumPy's, and behind the loop a variable holds NumPy's again.
"""

import ast

from graph.aval import Aval
from graph.dtypes import float64
from graph.execute.bindings import call, dotted, variable
from graph.ir.op import Op
from graph.ir.value import Value


def is_float(value: Value) -> bool:
    """Whether a value may be one of Python's floats in a loop."""
    return isinstance(value.type, Aval) and value.type.ndim == 0 and value.dtype == float64


def gives_float(op: Op) -> bool:
    """Whether an op has one result, and that is such a value."""
    return len(op.results) == 1 and is_float(op.results[0])


def of_floats(op: Op) -> bool:
    """Whether all operands of an op are such values."""
    return all(map(is_float, op.operands))


def of_numpy(expression: ast.expr) -> ast.expr:
    """NumPy's number of the same value."""
    return call(dotted("np", "float64"), expression)


def of_python(expression: ast.expr) -> ast.expr:
    """Python's."""
    return call(variable("float"), expression)


def quotient(left: ast.expr, right: ast.expr) -> ast.expr:
    """`left / right` of variables and numbers: where Python would raise, it is NumPy's."""
    divided = ast.BinOp(left, ast.Div(), right)
    return ast.IfExp(right, divided, ast.BinOp(of_numpy(left), ast.Div(), right))


def least(left: ast.expr, right: ast.expr, usual: ast.expr) -> ast.expr:
    """The smaller of two; `usual` says which it is of equal ones, that may be zeros of two signs, and of NaNs."""
    return ast.IfExp(_less(left, right), left, ast.IfExp(_less(right, left), right, usual))


def most(left: ast.expr, right: ast.expr, usual: ast.expr) -> ast.expr:
    """The larger, likewise."""
    return ast.IfExp(_less(right, left), left, ast.IfExp(_less(left, right), right, usual))


def between(x: ast.expr, low: ast.expr, high: ast.expr, usual: ast.expr) -> ast.expr:
    """`x` where it lies between the bounds, `usual` else."""
    return ast.IfExp(ast.Compare(low, [ast.Lt(), ast.Lt()], [x, high]), x, usual)


def root(sqrt: ast.expr, x: ast.expr, usual: ast.expr) -> ast.expr:
    """Python's square root where there is one: it is rounded to the nearest, as NumPy's is."""
    return ast.IfExp(ast.Compare(x, [ast.GtE()], [ast.Constant(0.0)]), ast.Call(sqrt, [x], []), usual)


def _less(left: ast.expr, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [ast.Lt()], [right])
