"""What ops say of their parts: put together, the parts of a result are the result."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest

from graph.aval import Aval, ListType, Type
from graph.ir.op import Op
from graph.ir.opdef import Effect, effect_of, lookup, ways_of
from graph.ir.parts import TERM, WHOLE, Part, cut_attrs, size_along
from graph.ir.value import Value
from support.close import assert_close
from support.samples import all_samples

ROWS: Final = [np.full((4, 3), float(i)) for i in range(3)]
LISTS: Final[list[tuple[str, tuple[Any, ...], dict[str, Any]]]] = [
    ("list_make", (ROWS[0], ROWS[1]), {"element": Aval(np.dtype(float), (4, 3))}),
    ("list_append", (ROWS, ROWS[0]), {}),
    ("list_get", (ROWS, np.int64(1)), {"checked": True}),
    ("list_set", (ROWS, np.int64(1), ROWS[0]), {"checked": False}),
    ("list_pop", (ROWS, np.int64(-1)), {"checked": False}),
    ("list_reverse", (ROWS,), {}),
    ("list_stack", (ROWS,), {"axis": 1}),
    ("list_from_tensor", (np.arange(24.0).reshape(4, 3, 2),), {"axis": 1}),
]
CASES: Final = [(s.op, s.operands, s.attrs) for s in all_samples()] + LISTS


def type_of(x: Any) -> Type:
    if isinstance(x, list):
        return ListType(type_of(x[0]))  # pyright: ignore[reportUnknownArgumentType]
    return Aval(x.dtype, x.shape)


def piece(x: Any, part: Part, k: int) -> Any:
    """Half of a value along an axis, or a term of it."""
    if part is WHOLE:
        return x
    if isinstance(x, list):
        return [piece(element, part, k) for element in x]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(part, int):
        half = (x.shape[part] + 1) // 2
        return x[(*((slice(None),) * part), slice(half) if k == 0 else slice(half, None))]
    first = (x // 2 if x.dtype.kind in "iu" else x / 4).astype(x.dtype)
    return first if k == 0 else x - first


def together(pieces: list[Any], part: Part) -> Any:
    if isinstance(pieces[0], list):
        return [together(list(pair), part) for pair in zip(*pieces, strict=True)]
    return np.concatenate(pieces, part) if isinstance(part, int) else pieces[0] + pieces[1]


def parts_of(t: Type) -> Iterator[Part]:
    element = t
    while not isinstance(element, Aval):
        element = element.element
    for axis, dim in enumerate(element.shape):
        if isinstance(dim, int) and dim > 1:
            yield axis
    if isinstance(t, Aval) and t.dtype.kind in "iufc":
        yield TERM


def asked(name: str, operands: tuple[Any, ...], attrs: dict[str, Any]) -> int:
    """Check all that an op says of its parts here; how many answers there were."""
    opdef = lookup(name)
    with np.errstate(all="ignore"):
        found = opdef.kernel(*operands, **attrs)
    results = found if isinstance(found, tuple) else (found,)
    types = [type_of(x) for x in results]
    op = Op(opdef, tuple(Value(type_of(x)) for x in operands), tuple(map(Value, types)), attrs)
    count = 0
    for part in parts_of(types[0]):
        for way in ways_of(op, part):
            if any(
                isinstance(p, int) and (size_along(type_of(x), p) or 0) < 2 for x, p in zip(operands, way, strict=True)
            ):
                continue
            count += 1
            made: list[Any] = []
            for k in (0, 1):
                size = size_along(type_of(piece(results[0], part, k)), part) if isinstance(part, int) else 0
                assert isinstance(size, int)
                given = [piece(x, p, k) for x, p in zip(operands, way, strict=True)]
                with np.errstate(all="ignore"):
                    one = opdef.kernel(*given, **cut_attrs(attrs, part, size))
                made.append(one if isinstance(one, tuple) else (one,))
            for i, whole in enumerate(results):
                assert_close(together([one[i] for one in made], part), whole)
    return count


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case[0]))
def test_parts_make_the_whole(case: tuple[str, tuple[Any, ...], dict[str, Any]]) -> None:
    asked(*case)


def test_ops_that_must_answer() -> None:
    answers: dict[str, int] = {}
    for case in CASES:
        answers[case[0]] = answers.get(case[0], 0) + asked(*case)
    for name in ("tanh", "add", "sum", "max", "matmul", "add_matmul", "index", "index_set", "reshape", "transpose"):
        assert answers.get(name), name
    for name, *_ in LISTS:
        assert answers[name], name
    assert not answers["sort"]


def test_what_may_fail_by_itself_is_whole() -> None:
    """A row out of range is out of range in one part only."""
    x, i = Value(Aval(np.dtype(float), (4, 3))), Value(Aval(np.dtype(int), (4, 1)))
    op = Op(lookup("take_along_axis"), (x, i), (Value(Aval(np.dtype(float), (4, 1))),), {"axis": 1})
    assert effect_of(op) is Effect.CAN_FAIL
    assert ways_of(op, 0) == ()
    assert ways_of(op, WHOLE) == ((WHOLE, WHOLE),)
