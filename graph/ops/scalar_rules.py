"""Lowering rules that several op families share: arithmetic on single elements."""

from collections.abc import Callable
from typing import Any

from graph.dtypes import bool_
from graph.ir.lowering import Elementwise, ScalarEmitter


def plainly(name: str, kinds: str = "biufV") -> Elementwise:
    """One operation of the emitter."""

    def rule(s: ScalarEmitter, *xs: Any, **attrs: Any) -> Any:
        return getattr(s, name)(*xs)

    return Elementwise(rule, kinds)


def function(name: str, cost: int = 20) -> Elementwise:
    """A function of real floats."""

    def rule(s: ScalarEmitter, *xs: Any, **attrs: Any) -> Any:
        return s.math(name, *xs)

    return Elementwise(rule, "fV", cost)


def logically(name: str) -> Elementwise:
    """A bit operation on the truth of the operands, whatever their dtypes."""

    def rule(s: ScalarEmitter, *xs: Any) -> Any:
        return getattr(s, name)(*(s.convert(x, bool_) for x in xs))

    return Elementwise(rule, "biufcV")


def by_kind(**rules: Callable[..., Any]) -> Elementwise:
    """A rule for each kind of dtype of the first operand: `by_kind(f=..., iu=...)`."""
    table = {kind: rule for kinds, rule in rules.items() for kind in kinds}

    def rule(s: ScalarEmitter, x: Any, *xs: Any, **attrs: Any) -> Any:
        return table[x.dtype.kind](s, x, *xs, **attrs)

    return Elementwise(rule, "".join(table))
