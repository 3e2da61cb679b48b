"""Python lists that live in the graph, and the residual stacks of loop gradients.

At run time a list is a Python list. Kernels copy it; the `inplace` twins change operand 0 and return it. Elements are
shared, never copied: what `list_get` returns is also still in the list. Indices count from the end when negative.
The cotangent of a list is a list of the same length, of the cotangents of its elements.
"""

from typing import Any, Final

import numpy as np

from graph.aval import Aval, ListType, Type, is_static, scalar
from graph.dtypes import int64, is_integer
from graph.errors import DTypeError
from graph.ir.emitter import Accumulate, Emitter
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, register
from graph.ir.parts import Parts, alike
from graph.ops import list_onnx as onnx
from graph.ops.cotangents import sum_of
from graph.ops.regions import join_types, number_unknown

BOUNDS: Final = ("start", "stop", "step")


def list_type(op: str, x: Type) -> ListType:
    """`x` as a list type; DTypeError otherwise."""
    if not isinstance(x, ListType):
        raise DTypeError(f"`{op}` takes a list, not {x}")
    return x


def element_of(op: str, x: Type) -> Type:
    """The type of an element taken out of a list: sizes that differ from element to element become sizes of its own."""
    return number_unknown((list_type(op, x).element,))[0]


def with_element(op: str, x: Type, added: Type) -> ListType:
    """The list type that also covers `added`: dims that differ become unknown; DTypeError for another dtype or rank."""
    element = join_types(list_type(op, x).element, added)
    if element is None:
        raise DTypeError(
            f"`{op}`: {added} does not fit {x}; the elements of a list have one dtype and rank",
            next_step="cast or reshape it first.",
        )
    return ListType(element)


def check_index(op: str, i: Type) -> None:
    if not (isinstance(i, Aval) and i.ndim == 0 and is_integer(i.dtype)):
        raise DTypeError(f"`{op}`: an index must be a 0-d integer, not {i}")


def may_fail(op: Op) -> Effect:
    """CAN_FAIL unless the op is marked as one whose index is known to be good (`checked=False`)."""
    return Effect.CAN_FAIL if op.attrs.get("checked", True) else Effect.PURE


def infer_list_make(*elements: Type, element: Type) -> ListType:
    """Shape rule of `list_make(*elements)`: `element` is the type of what the list may hold, which covers them all."""
    made = ListType(element)
    for x in elements:
        made = with_element("list_make", made, x)
    return made


def list_make_kernel(*elements: Any, element: Type) -> list[Any]:
    return [*elements]


def list_make_vjp(b: Emitter[Any], ct: Any, y: Any, *elements: Any, element: Type) -> tuple[Any, ...]:
    return tuple(b.list_get(ct, i, checked=False) for i in range(len(elements)))


def infer_list_len(x: Type) -> Aval:
    """Shape rule of `list_len`: i64[]."""
    list_type("list_len", x)
    return scalar(int64)


def list_len_kernel(x: list[Any]) -> np.int64:
    return np.int64(len(x))


def infer_list_get(x: Type, i: Type, *, checked: bool = True) -> Type:
    """Shape rule of `list_get(list<T>, i) -> T`. Raises at run time, where `checked`: IndexError."""
    check_index("list_get", i)
    return element_of("list_get", x)


def list_get_kernel(x: list[Any], i: Any, *, checked: bool = True) -> Any:
    return x[int(i)]


def list_get_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, i: Any, *, checked: bool = True) -> tuple[Any, None]:
    def into(total: Any) -> Any:
        return b.list_add_at(total, i, ct)

    return Accumulate(into), None


def infer_list_add_at(x: Type, i: Type, added: Type) -> Type:
    """Shape rule of `list_add_at(list<T>, i, T) -> list<T>`: `x[i] += added`, on cotangents; the index is good."""
    check_index("list_add_at", i)
    return list_type("list_add_at", x)


def list_add_at_kernel(x: list[Any], i: Any, added: Any) -> list[Any]:
    return list_add_at_inplace([*x], i, added)


def list_add_at_inplace(x: list[Any], i: Any, added: Any) -> list[Any]:
    x[int(i)] = sum_of(x[int(i)], added)
    return x


def list_add_at_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, i: Any, added: Any) -> tuple[Any, None, Any]:
    return ct, None, b.list_get(ct, i, checked=False)


def infer_list_set(x: Type, i: Type, new: Type, *, checked: bool = True) -> ListType:
    """Shape rule of `list_set(list<T>, i, T) -> list<T>`: `x[i] = new`.

    Raises at run time, where `checked`: IndexError.
    """
    check_index("list_set", i)
    return with_element("list_set", x, new)


def list_set_kernel(x: list[Any], i: Any, new: Any, *, checked: bool = True) -> list[Any]:
    return list_set_inplace([*x], i, new)


def list_set_inplace(x: list[Any], i: Any, new: Any, *, checked: bool = True) -> list[Any]:
    x[int(i)] = new
    return x


def list_set_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, i: Any, new: Any, *, checked: bool = True
) -> tuple[Any, None, Any]:
    old = new if has_static_elements(b, x) else b.list_get(x, i, checked=False)
    return b.list_set(ct, i, b.zeros_like(old), checked=False), None, b.list_get(ct, i, checked=False)


def has_static_elements(b: Emitter[Any], x: Any) -> bool:
    """Whether all elements have one shape, so that any of them serves to make zeros for any other."""
    element = list_type("list_set", b.type_of(x)).element
    return isinstance(element, Aval) and is_static(element.shape)


def infer_list_append(x: Type, new: Type) -> ListType:
    """Shape rule of `list_append(list<T>, T) -> list<T>`."""
    return with_element("list_append", x, new)


def list_append_kernel(x: list[Any], new: Any) -> list[Any]:
    return [*x, new]


def list_append_inplace(x: list[Any], new: Any) -> list[Any]:
    x.append(new)
    return x


def list_append_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, new: Any) -> tuple[Any, Any]:
    return tuple(b.list_pop(ct, -1, checked=False))


def infer_list_pop(x: Type, i: Type, *, checked: bool = True) -> tuple[Type, Type]:
    """Shape rule of `list_pop(list<T>, i) -> list<T>, T`. Raises at run time, where `checked`: IndexError."""
    check_index("list_pop", i)
    return list_type("list_pop", x), element_of("list_pop", x)


def list_pop_kernel(x: list[Any], i: Any, *, checked: bool = True) -> tuple[list[Any], Any]:
    return list_pop_inplace([*x], i)


def list_pop_inplace(x: list[Any], i: Any, *, checked: bool = True) -> tuple[list[Any], Any]:
    popped = x.pop(int(i))
    return x, popped


def list_pop_vjp(b: Emitter[Any], cts: Any, results: Any, x: Any, i: Any, *, checked: bool = True) -> tuple[Any, None]:
    rest_ct = b.zeros_like(results[0]) if cts[0] is None else cts[0]
    popped_ct = b.zeros_like(results[1]) if cts[1] is None else cts[1]
    at = b.where(b.lt(i, 0), b.add(b.add(i, b.list_len(rest_ct)), 1), i)
    return b.list_insert(rest_ct, at, popped_ct), None


def infer_list_insert(x: Type, i: Type, new: Type) -> ListType:
    """Shape rule of `list_insert(list<T>, i, T) -> list<T>`; an index beyond an end means that end."""
    check_index("list_insert", i)
    return with_element("list_insert", x, new)


def list_insert_kernel(x: list[Any], i: Any, new: Any) -> list[Any]:
    return list_insert_inplace([*x], i, new)


def list_insert_inplace(x: list[Any], i: Any, new: Any) -> list[Any]:
    x.insert(int(i), new)
    return x


def list_insert_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, i: Any, new: Any) -> tuple[Any, None, Any]:
    count = b.sub(b.list_len(ct), 1)
    from_start = b.where(b.lt(i, 0), b.add(i, count), i)
    rest_ct, new_ct = b.list_pop(ct, b.minimum(b.maximum(from_start, 0), count), checked=False)
    return rest_ct, None, new_ct


def infer_list_concat(x: Type, y: Type) -> ListType:
    """Shape rule of `list_concat(list<T>, list<T>) -> list<T>`: `x + y`."""
    return with_element("list_concat", x, list_type("list_concat", y).element)


def list_concat_kernel(x: list[Any], y: list[Any]) -> list[Any]:
    return [*x, *y]


def list_concat_inplace(x: list[Any], y: list[Any]) -> list[Any]:
    x.extend(y)
    return x


def list_concat_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    count = b.list_len(x)
    return b.list_slice(ct, count, given=("stop",)), b.list_slice(ct, count, given=("start",))


def check_bounds(op: str, bounds: tuple[Type, ...], given: tuple[str, ...]) -> None:
    if len(bounds) != len(given) or not set(given) <= set(BOUNDS):
        raise DTypeError(f"`{op}`: bounds {given} are given by {len(bounds)} operands")
    for bound in bounds:
        check_index(op, bound)


def run_time_slice(bounds: tuple[Any, ...], given: tuple[str, ...]) -> slice:
    """The slice whose bounds, named by `given`, are operands; the others are left open."""
    named = dict(zip(given, map(int, bounds), strict=True))
    return slice(named.get("start"), named.get("stop"), named.get("step"))


def infer_list_slice(x: Type, *bounds: Type, given: tuple[str, ...]) -> ListType:
    """Shape rule of `list_slice(list<T>, *bounds) -> list<T>`; `given` names the bounds: "start", "stop", "step".

    Raises at run time: ValueError for a zero step.
    """
    check_bounds("list_slice", bounds, given)
    return list_type("list_slice", x)


def list_slice_kernel(x: list[Any], *bounds: Any, given: tuple[str, ...]) -> list[Any]:
    return x[run_time_slice(bounds, given)]


def list_slice_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *bounds: Any, given: tuple[str, ...]) -> tuple[Any, ...]:
    def into(total: Any) -> Any:
        return b.list_add_slice(total, ct, *bounds, given=given)

    return Accumulate(into), *(None for _ in bounds)


def slice_effect(op: Op) -> Effect:
    return Effect.CAN_FAIL if "step" in str(op.attrs["given"]) else Effect.PURE


def infer_list_add_slice(x: Type, added: Type, *bounds: Type, given: tuple[str, ...]) -> Type:
    """Shape rule of `list_add_slice(list<T>, list<T>, *bounds) -> list<T>`: adds to a slice, element by element."""
    check_bounds("list_add_slice", bounds, given)
    list_type("list_add_slice", added)
    return list_type("list_add_slice", x)


def list_add_slice_kernel(x: list[Any], added: list[Any], *bounds: Any, given: tuple[str, ...]) -> list[Any]:
    return list_add_slice_inplace([*x], added, *bounds, given=given)


def list_add_slice_inplace(x: list[Any], added: list[Any], *bounds: Any, given: tuple[str, ...]) -> list[Any]:
    at = run_time_slice(bounds, given)
    x[at] = sum_of(x[at], added)
    return x


def list_add_slice_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, added: Any, *bounds: Any, given: tuple[str, ...]
) -> tuple[Any, ...]:
    return ct, b.list_slice(ct, *bounds, given=given), *(None for _ in bounds)


def infer_list_reverse(x: Type) -> ListType:
    """Shape rule of `list_reverse(list<T>) -> list<T>`."""
    return list_type("list_reverse", x)


def list_reverse_kernel(x: list[Any]) -> list[Any]:
    return x[::-1]


def list_reverse_inplace(x: list[Any]) -> list[Any]:
    x.reverse()
    return x


def list_reverse_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.list_reverse(ct),)


DISCRETE: Final = NotDifferentiable("a length is an integer")


IN_ELEMENTS: Final = Parts(alike, fails_alike=True)
"""A list is cut in each of its elements: its length, and what its indices name, stay."""


def _list_op(
    name: str,
    infer: Any,
    kernel: Any,
    vjp: Any,
    effect: Any = Effect.PURE,
    inplace: Any = None,
    parts: Parts | None = IN_ELEMENTS,
    *,
    onnx: OnnxRule,
) -> None:
    """What holds or gives elements shares memory with its operands."""
    register(
        OpDef(
            name,
            infer=infer,
            kernel=kernel,
            vjp=vjp,
            promote=None,
            effect=effect,
            inplace=inplace,
            aliases=name != "list_len",
            lower=BuiltIn(),
            parts=parts,
            onnx=onnx,
        )
    )


_list_op(
    "list_make", infer_list_make, list_make_kernel, list_make_vjp, onnx=OnnxRule(onnx.list_make_onnx, takes_types=True)
)
_list_op("list_len", infer_list_len, list_len_kernel, DISCRETE, parts=None, onnx=OnnxRule(onnx.list_len_onnx))
_list_op(
    "list_get",
    infer_list_get,
    list_get_kernel,
    list_get_vjp,
    may_fail,
    onnx=OnnxRule(onnx.list_get_onnx, takes_types=True),
)
_list_op(
    "list_add_at",
    infer_list_add_at,
    list_add_at_kernel,
    list_add_at_vjp,
    inplace=list_add_at_inplace,
    onnx=OnnxRule(onnx.list_add_at_onnx, takes_types=True),
)
_list_op(
    "list_set",
    infer_list_set,
    list_set_kernel,
    list_set_vjp,
    may_fail,
    list_set_inplace,
    onnx=OnnxRule(onnx.list_set_onnx, takes_types=True),
)
_list_op(
    "list_append",
    infer_list_append,
    list_append_kernel,
    list_append_vjp,
    inplace=list_append_inplace,
    onnx=OnnxRule(onnx.list_append_onnx),
)
_list_op(
    "list_pop",
    infer_list_pop,
    list_pop_kernel,
    list_pop_vjp,
    may_fail,
    list_pop_inplace,
    onnx=OnnxRule(onnx.list_pop_onnx, takes_types=True),
)
_list_op(
    "list_insert",
    infer_list_insert,
    list_insert_kernel,
    list_insert_vjp,
    inplace=list_insert_inplace,
    onnx=OnnxRule(onnx.list_insert_onnx),
)
_list_op(
    "list_concat",
    infer_list_concat,
    list_concat_kernel,
    list_concat_vjp,
    inplace=list_concat_inplace,
    onnx=OnnxRule(onnx.list_concat_onnx, takes_types=True),
)
_list_op(
    "list_slice",
    infer_list_slice,
    list_slice_kernel,
    list_slice_vjp,
    slice_effect,
    onnx=OnnxRule(onnx.list_slice_onnx, takes_types=True),
)
_list_op(
    "list_add_slice",
    infer_list_add_slice,
    list_add_slice_kernel,
    list_add_slice_vjp,
    inplace=list_add_slice_inplace,
    onnx=OnnxRule(onnx.list_add_slice_onnx, takes_types=True),
)
_list_op(
    "list_reverse",
    infer_list_reverse,
    list_reverse_kernel,
    list_reverse_vjp,
    inplace=list_reverse_inplace,
    onnx=OnnxRule(onnx.list_reverse_onnx),
)
