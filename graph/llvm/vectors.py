"""Vectors of one machine register each: code that chooses its registers itself, where LLVM's vectoriser would not."""

from collections.abc import Callable, Sequence

from graph.dtypes import DType
from graph.llvm import ir
from graph.llvm.code import Code, Unit
from graph.llvm.ir import make
from graph.llvm.scalars import Scalar
from graph.llvm.types import I1, I32, PTR, VOID, register_type


def lanes_of(unit: Unit, dtype: DType) -> int:
    """How many elements a vector has."""
    return max(1, unit.vector_bytes // dtype.itemsize)


class Vectors:
    """Vectors of elements of a dtype, and the code that works on them."""

    def __init__(self, code: Code, dtype: DType, lanes: int | None = None) -> None:
        self.code, self.b = code, code.b
        self.bytes = dtype.itemsize
        self.lanes = lanes or lanes_of(code.unit, dtype)
        self.element = register_type(dtype)
        self.is_float = dtype.kind == "f"
        self.type = make.VectorType(self.element, self.lanes)
        self.name = f"v{self.lanes}{'f' if self.is_float else 'i'}{8 * dtype.itemsize}"

    def zero(self) -> ir.Value:
        return make.Constant(self.type, None)

    def first(self, count: Scalar) -> ir.Value:
        """The mask of the first `count` lanes."""
        lanes = make.VectorType(I32, self.lanes)
        numbers = make.Constant(lanes, list(range(self.lanes)))
        given = self.b.trunc(count.value, I32)
        return self.b.icmp_signed("<", numbers, self._everywhere(lanes, given))

    def splat(self, value: ir.Value) -> ir.Value:
        return self._everywhere(self.type, value)

    def _everywhere(self, vector: ir.Type, value: ir.Value) -> ir.Value:
        one = self.b.insert_element(make.Constant(vector, make.Undefined), value, I32(0))
        zeros = make.Constant(make.VectorType(I32, self.lanes), None)
        return self.b.shuffle_vector(one, make.Constant(vector, make.Undefined), zeros)

    def load(self, place: ir.Value, mask: ir.Value | None) -> ir.Value:
        """What is not in the mask is zero, and not read."""
        if mask is None:
            return self.b.load(place, align=self.bytes, typ=self.type)
        masks = make.VectorType(I1, self.lanes)
        function = self._intrinsic(f"masked.load.{self.name}.p0", self.type, [PTR, I32, masks, self.type])
        return self.b.call(function, [place, I32(self.bytes), mask, self.zero()])

    def store(self, value: ir.Value, place: ir.Value, mask: ir.Value | None) -> None:
        if mask is None:
            self.b.store(value, place, align=self.bytes)
            return
        masks = make.VectorType(I1, self.lanes)
        function = self._intrinsic(f"masked.store.{self.name}.p0", VOID, [self.type, PTR, I32, masks])
        self.b.call(function, [value, place, I32(self.bytes), mask])

    def plus(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.b.fadd(x, y) if self.is_float else self.b.add(x, y)

    def multiply_add(self, x: ir.Value, y: ir.Value, total: ir.Value) -> ir.Value:
        if not self.is_float:
            return self.plus(self.b.mul(x, y), total)
        function = self._intrinsic(f"fmuladd.{self.name}", self.type, [self.type] * 3)
        return self.b.call(function, [x, y, total])

    def turned(self, rows: Sequence[ir.Value]) -> list[ir.Value]:
        """The columns of a square, as vectors: in each step, pairs of rows exchange half of their lanes."""
        square, distance = list(rows), 1
        while distance < self.lanes:
            for i in (i for i in range(self.lanes) if not i & distance):
                upper, lower = square[i], square[i + distance]
                lanes = range(self.lanes)
                ours = [lane if not lane & distance else self.lanes + lane - distance for lane in lanes]
                theirs = [lane + distance if not lane & distance else self.lanes + lane for lane in lanes]
                square[i], square[i + distance] = (self._chosen(upper, lower, which) for which in (ours, theirs))
            distance *= 2
        return square

    def _chosen(self, x: ir.Value, y: ir.Value, lanes: Sequence[int]) -> ir.Value:
        return self.b.shuffle_vector(x, y, make.Constant(make.VectorType(I32, self.lanes), list(lanes)))

    def sum(self, x: ir.Value) -> ir.Value:
        """Of all lanes."""
        if not self.is_float:
            return self.b.call(self._intrinsic(f"vector.reduce.add.{self.name}", self.element, [self.type]), [x])
        function = self._intrinsic(f"vector.reduce.fadd.{self.name}", self.element, [self.element, self.type])
        return self.b.call(function, [self.element(0.0), x], fastmath=("reassoc",))

    def _intrinsic(self, name: str, result: ir.Type, parameters: Sequence[ir.Type]) -> ir.Function:
        return self.code.unit.external(f"llvm.{name}", result, parameters)


class SumsInRegisters:
    """A tile's sums, in registers while they grow."""

    def __init__(self, v: Vectors, rows: int, columns: int) -> None:
        self._v = v
        self.places = [[v.code.slot(v.type) for _ in range(columns)] for _ in range(rows)]
        for place in (p for row in self.places for p in row):
            v.b.store(v.zero(), place, align=8)

    def add(self, i: int, j: int, x: ir.Value, y: ir.Value) -> None:
        total = self._v.b.load(self.places[i][j], align=8, typ=self._v.type)
        self._v.b.store(self._v.multiply_add(x, y, total), self.places[i][j], align=8)

    def get(self, i: int, j: int) -> ir.Value:
        return self._v.b.load(self.places[i][j], align=8, typ=self._v.type)


def function_of_vectors(unit: Unit, name: str, types: Sequence[ir.Type], write: Callable[[Code], None]) -> ir.Function:
    """The function of that name, written now where the module has none."""
    known = unit.module.globals.get(name)
    if known is not None:
        return known
    made = make.Function(unit.module, make.FunctionType(VOID, types), name)
    made.linkage = "internal"
    made.attributes.add("noinline")
    for argument, kind in zip(made.args, types, strict=True):
        if kind is PTR:
            argument.add_attribute("noalias")
    code = Code(unit, made)
    write(code)
    code.b.ret_void()
    return made
