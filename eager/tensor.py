"""`Tensor`: a handle to an immutable array value. What may look at the data is here and in `dispatch`, nowhere else."""

# pyright: reportPrivateUsage=false
# The functions below the class make tensors without its constructor.

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import numpy as np

from eager.grad_mode import GRAD_MODE
from eager.numpy_types import ARRAY, SCALAR
from eager.recorder import RECORDER, converts, held, note_copy, show
from eager.tape_links import Leaf, Link
from graph.aval import Aval
from graph.dtypes import DType, is_differentiable
from graph.errors import DTypeError, GraphError
from graph.ir.opdef import lookup
from graph.ops.text_of import format_tensor, format_value, repr_tensor

if TYPE_CHECKING:
    from eager.signatures import TensorMethods as Methods
else:
    Methods = object  # `operators` binds them

STOP_GRADIENT: Final = lookup("stop_gradient")


class Tensor(Methods):
    """A mutable handle to an immutable value.

    The array inside is never written to: `x[i] = v` and `x += v` give the handle another value, which every holder of
    the handle sees; `x[0:2]` is a value of its own. Operators and methods are bound by `operators`.

    Staged and traced tensors are subclasses without slots of their own; they override what looks at the data.
    """

    __slots__ = ("__weakref__", "_data", "_link", "_name")
    __array_priority__ = 1000

    stands_for_number: ClassVar[bool] = False
    """Whether it stands for a Python number of a program that is staged."""

    _data: Any
    _link: Link | None
    _name: str

    # Type

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes; where a recorder runs, an entry may be a 0-d integer tensor."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        return len(self._data.shape)

    @property
    def dtype(self) -> DType:
        return self._data.dtype

    @property
    def aval(self) -> Aval:
        """The type as the compiler writes it: `f32[2,3]`."""
        return Aval(self.dtype, self.shape)

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def size(self) -> int:
        """How many elements."""
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def name(self) -> str:
        """The user's name for it; empty unless set."""
        try:
            return self._name
        except AttributeError:
            return ""

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    # Gradients

    @property
    def requires_grad(self) -> bool:
        """Whether ops on this value are recorded for gradients."""
        return self._link is not None and self._link.alive

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not wanted:
            self._link = None
        elif not self.requires_grad:
            if not is_differentiable(self.dtype):
                raise DTypeError(
                    f"only floating and complex tensors have gradients, this one is {self.aval}",
                    next_step="cast it with `astype` first.",
                )
            self._link = Leaf()

    @property
    def grad(self) -> "Tensor | None":
        """The gradient that `backward` has summed up here; None when there is none, or when this is not a leaf."""
        return self._link.grad if isinstance(self._link, Leaf) else None

    @grad.setter
    def grad(self, grad: "Tensor | None") -> None:
        if not isinstance(self._link, Leaf):
            if grad is None:
                return
            raise GraphError("only a leaf (a Parameter, or `requires_grad = True`) keeps a gradient")
        self._link.grad = grad

    def detach(self) -> "Tensor":
        """The same value, constant to gradients."""
        recorder = RECORDER.get()
        if recorder is not None and is_differentiable(self.dtype):
            return cast("Tensor", recorder.apply(STOP_GRADIENT, (self,), {}))
        copied = held(self)._alias(None)
        note_copy(copied)
        return copied

    # The handle

    def _alias(self, link: Link | None) -> "Tensor":
        """A fresh handle of the same value, with a tape link."""
        cls = type(self)
        alias = cls.__new__(cls)
        alias._data = self._data
        alias._link = link
        return alias

    def become(self, new: "Tensor") -> None:
        """Take the value of `new`, which has this shape and dtype. The one place where a handle changes.

        A leaf stays one; it cannot change while gradients are recorded, as no gradient could tell the two values apart.
        """
        if isinstance(self._link, Leaf):
            if GRAD_MODE.get():
                named = f" ({self.name})" if self.name else ""
                raise GraphError(
                    f"a Parameter{named} cannot be changed in place while gradients are recorded",
                    next_step="change it under `no_grad()`.",
                )
            link: Link | None = self._link
        else:
            link = new._link
        recorder = RECORDER.get()
        if recorder is not None:
            recorder.mutated(self)
        self._take_class(type(new))
        self._data = new._data
        self._link = link

    def _take_class(self, cls: "type[Tensor]") -> None:
        if type(self) is not cls:
            self.__class__ = cls  # pyright: ignore[reportAttributeAccessIssue]

    # To Python

    def __bool__(self) -> bool:
        recorder = RECORDER.get()
        if recorder is not None:
            return recorder.to_python(self, "bool")
        if self.size == 0:
            raise ValueError(
                "The truth value of an empty array is ambiguous. "
                "Use `array.size > 0` to check that an array is not empty."
            )
        return bool(self._data)

    def __int__(self) -> int:
        recorder = RECORDER.get()
        return int(self._scalar()) if recorder is None else recorder.to_python(self, "int")

    def __float__(self) -> float:
        recorder = RECORDER.get()
        return float(self._scalar()) if recorder is None else recorder.to_python(self, "float")

    def __complex__(self) -> complex:
        recorder = RECORDER.get()
        return complex(self._scalar()) if recorder is None else recorder.to_python(self, "complex")

    def __index__(self) -> int:
        recorder = RECORDER.get()
        if recorder is not None:
            return recorder.to_python(self, "index")
        if self.ndim or self.dtype.kind not in "iu":
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(self._data)

    def _scalar(self) -> Any:
        if self.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return self._data.item()

    def __len__(self) -> int:
        recorder = RECORDER.get()
        if recorder is not None:
            return recorder.to_python(self, "len")
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> "Iterator[Tensor]":
        recorder = RECORDER.get()
        if recorder is not None:
            return recorder.to_python(self, "iter")
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def item(self, *index: int) -> Any:
        """The only element as a Python scalar, or the one at `index`."""
        if index:
            return self[index].item()
        recorder = RECORDER.get()
        if recorder is not None:
            return recorder.to_python(self, "item")
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self._data.item()

    @converts
    def tolist(self) -> Any:
        """Nested lists of Python scalars."""
        if RECORDER.get() is None:
            return np.asarray(self).tolist()
        return [row.tolist() for row in self] if self.ndim else self.item()

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array that cannot be written to."""
        return np.asarray(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """NumPy's protocol. Without a copy, the result is read-only and so is what it is a view of."""
        recorder = RECORDER.get()
        array = self._frozen() if recorder is None else cast(np.ndarray, recorder.to_python(self, "array"))
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a conversion from {array.dtype} to {np.dtype(dtype)} needs a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def _frozen(self) -> np.ndarray:
        if isinstance(self._data, SCALAR):
            array = np.asarray(self._data)
            array.setflags(write=False)
            return array
        owner = self._data
        while isinstance(owner.base, ARRAY):
            owner = owner.base
        owner.setflags(write=False)  # else the reader could make its view writable again
        view = self._data.view()
        view.setflags(write=False)
        return view

    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """DLPack export. A copy, as consumers may write to what they get; `copy=False` gives a read-only view."""
        array = np.asarray(self)
        if copy is False:
            return array.__dlpack__(max_version=max_version, dl_device=dl_device, copy=False)
        return array.copy().__dlpack__(max_version=max_version, dl_device=dl_device)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU

    def to_device(self, device: str, /, *, stream: None = None) -> "Tensor":
        """Itself: "cpu" is the only device."""
        if device != "cpu":
            raise ValueError(f"unknown device {device!r}; there is only 'cpu'")
        return self

    # Text

    def __str__(self) -> str:
        mark = show()
        return format_tensor(self._data) if mark is None else mark(self, "", "")

    def __repr__(self) -> str:
        mark = show()
        return repr_tensor(self._data) if mark is None else mark(self, "r", "")

    def __format__(self, spec: str) -> str:
        mark = show()
        return format_value(self._data, spec) if mark is None else mark(self, "", spec)

    # Copies

    def __copy__(self) -> "Tensor":
        copied = held(self)._alias(self._link)
        if self.name:
            copied.name = self.name
        note_copy(copied)
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        copied = self.__copy__()
        if isinstance(self._link, Leaf):
            copied._link = Leaf()
            copied.grad = None if self.grad is None else self.grad.__copy__()
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the value and the name; the tape stays behind."""
        return _rebuild, (type(self), np.array(self), self.name, isinstance(self._link, Leaf))


def wrap(data: Any) -> Tensor:
    """A tensor of a NumPy array or scalar that nobody else will write to."""
    tensor = Tensor.__new__(Tensor)
    tensor._data = data
    tensor._link = None
    return tensor


def _rebuild(cls: type[Tensor], data: np.ndarray, name: str, leaf: bool) -> Tensor:
    tensor = cls.__new__(cls)
    tensor._data = data[()]
    tensor._link = Leaf() if leaf else None
    if name:
        tensor.name = name
    return tensor
