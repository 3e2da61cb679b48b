"""SSA values: defined once, by an op or as a parameter of a graph."""

from graph.aval import Aval, Shape, Type
from graph.dtypes import DType
from graph.errors import InternalError
from graph.ir.frozen import frozen


@frozen
class Value:
    """One SSA value. Identity is the value's name; `hint` is the user's name for it, for printing only."""

    type: Type
    hint: str = ""

    @property
    def aval(self) -> Aval:
        """The tensor type; asking it of a list or an optional is a bug."""
        if not isinstance(self.type, Aval):
            raise InternalError(f"a tensor is needed here, this value is {self.type}")
        return self.type

    @property
    def shape(self) -> Shape:
        return self.aval.shape

    @property
    def dtype(self) -> DType:
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        return len(self.aval.shape)
