"""Which tensors are known to have the same memory layout.

A result written into another's buffer takes its layout, and the order of later sums follows the layout: a buffer is
reused only where the result would have had this layout anyway, so that programs give the interpreter's very bits.
"""

import numpy as np

from graph.ir.op import Op
from graph.ir.value import Value


class Layouts:
    """A layout is C order (None), or unknown but that of some other value."""

    def __init__(self) -> None:
        self._of: dict[Value, Value | None] = {}

    def constant(self, value: Value, array: np.ndarray) -> None:
        if array.flags.c_contiguous:
            self._of[value] = None

    def elementwise(self, op: Op) -> None:
        """The result has the layout that its operands of full shape have, where they agree."""
        (result,) = op.results
        shaping = [v for v in op.operands if v.ndim > 1]
        layouts = {self._of.get(v, v) for v in shaping}
        if result.ndim == 1 or layouts == {None}:
            self._of[result] = None
        elif len(layouts) == 1 and all(v.shape == result.shape for v in shaping):
            self._of[result] = layouts.pop()

    def new(self, value: Value) -> None:
        """The kernel makes its result in C order."""
        self._of[value] = None

    def is_c(self, value: Value) -> bool:
        return self._of.get(value, value) is None

    def same(self, a: Value, b: Value) -> bool:
        return self._of.get(a, a) is self._of.get(b, b)
