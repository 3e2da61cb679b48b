"""`and`, `or`, `not`, chained comparisons, `in`: each operand is evaluated only when Python would."""

import operator
from collections.abc import Callable, Collection, Iterable, KeysView, Sequence, ValuesView
from types import FunctionType
from typing import Any, Final, cast

from dy2static.runtime import graph_keys
from dy2static.runtime.callables.outside_world import check_objects
from dy2static.runtime.callables.questions import note_key
from dy2static.runtime.callables.walked import gone_over, has_own_iterator
from dy2static.runtime.identity import goes_by_identity, is_among, is_one
from dy2static.runtime.if_stmt import if_
from dy2static.staging.containers import lists_written_out
from dy2static.staging.containers.lists import StageableList, is_of_graph
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.failures.caught import CaughtClass
from dy2static.staging.objects.stale import check_usable
from dy2static.staging.regions.short_circuit import staged_either
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.chosen import compared, each, is_chosen
from dy2static.staging.values.optional import OptionalObject, is_none, kind_of, maybe_none, present
from dy2static.staging.values.shown import unknown_text
from dy2static.staging.values.staged import StagedNumber, current
from dy2static.staging.values.text import StagedText
from dy2static.staging.values.truth import OnlyTruth
from eager.tensor import Tensor
from graph.errors import BranchTypeError
from graph.ir.opdef import lookup

COMPARED: Final = ("the comparison",)
HASHED: Final[Any] = (set, frozenset, dict, KeysView)
"""What finds an item by its hash."""


def _in(item: Any, container: Any) -> Any:
    return item in container


def _not_in(item: Any, container: Any) -> Any:
    return item not in container


COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": lambda a, b: equal(a, b),
    "!=": lambda a, b: unequal(a, b),
    "is": lambda a, b: is_(a, b),
    "is not": lambda a, b: is_not(a, b),
    "in": _in,
    "not in": _not_in,
}


def and_(value: Any, *others: Callable[[], Any]) -> Any:
    """`value and other() and ...`. A staged operand that decides makes a `cond`, whose value is that of the operands;
    where they have no type in common, only the truth of it can be used."""
    if not others:
        return value
    stager = current()
    test = value if stager is None else stager.test_of(value)
    if stager is not None and is_staged_value(test):
        return _either(stager, value, test, lambda: and_(others[0](), *others[1:]), True)
    return and_(others[0](), *others[1:]) if test else value


def or_(value: Any, *others: Callable[[], Any]) -> Any:
    """`value or other() or ...`, as `and_`."""
    if not others:
        return value
    stager = current()
    test = value if stager is None else stager.test_of(value)
    if stager is not None and is_staged_value(test):
        return _either(stager, value, test, lambda: or_(others[0](), *others[1:]), False)
    return value if test else or_(others[0](), *others[1:])


def _either(stager: Stager, first: Any, test: Any, other: Callable[[], Any], when: bool) -> Any:
    """`other()` where the truth of `test`, which is that of `first`, is `when`; else `first`."""
    with stager.trial() as trial:
        try:
            result = staged_either(stager, first, test, other, when)
        except BranchTypeError as error:
            mismatch = error
        else:
            trial.keep()
            return result
    first_truth = StagedNumber.of(stager.truth(test))
    truth = staged_either(stager, first_truth, test, lambda: _truth(stager, other()), when)
    return OnlyTruth.of_either(truth.graph_value, mismatch) if isinstance(truth, StagedNumber) else truth


def _truth(stager: Stager, value: Any) -> Any:
    value = stager.test_of(value)
    return StagedNumber.of(stager.truth(value)) if is_staged_value(value) else bool(value)


def not_(value: Any) -> Any:
    """`not value`."""
    stager = current()
    test = value if stager is None else stager.test_of(value)
    if stager is not None and is_staged_value(test):
        return StagedNumber.of(stager.builder.logical_not(stager.truth(test)))
    return not test


def is_(a: Any, b: Any) -> Any:
    """`a is b`. Only of what may be None, or is one of several, it is a question to the graph.

    Raises: StagingError for what another name has changed on some paths.
    """
    check_usable(a)
    check_usable(b)
    if (is_chosen(a) or is_chosen(b)) and maybe_none(a) is None and maybe_none(b) is None:
        return compared(*((a, b) if is_chosen(a) else (b, a)), operator.is_)
    if a is b or (maybe_none(a) is None and maybe_none(b) is None):
        for one, other in ((a, b), (b, a)):
            if isinstance(one, CaughtClass):
                return isinstance(other, type) and one.is_one_of(other)
        return is_one(a, b)
    if a is None or b is None:
        return is_none(a if b is None else b)
    are_there = and_(is_none(a, True), lambda: is_none(b, True), lambda: is_one(_there(a), _there(b)))
    return or_(are_there, lambda: and_(is_none(a), lambda: is_none(b)))


def is_not(a: Any, b: Any) -> Any:
    """`a is not b`."""
    return not_(is_(a, b))


def equal(a: Any, b: Any) -> Any:
    """`a == b`.

    Raises: StagingError for objects that are equal to themselves only, and are one on some paths.
    """
    if maybe_none(a) is not None or maybe_none(b) is not None:
        return _where_there(equal, a, b)
    if goes_by_identity(a):
        is_one(a, b)
    if current() is not None and (_compares_parts(a) or _compares_parts(b)):
        return lists_written_out.equal(a, b)
    return a == b


def _compares_parts(value: Any) -> bool:
    """Whether it is equal to what has equal parts, and has some in the graph."""
    parts = lists_written_out.parts_of(value)
    return parts is not None and is_of_graph(parts[1])


def unequal(a: Any, b: Any) -> Any:
    """`a != b`, as `equal`."""
    if maybe_none(a) is not None or maybe_none(b) is not None:
        return _where_there(unequal, a, b)
    cls = cast("type[Any]", type(a))
    has_opposite = cls.__ne__ is object.__ne__ and cls.__eq__ is not object.__eq__
    if has_opposite or _compares_parts(a) or _compares_parts(b):
        return not_(equal(a, b))
    if goes_by_identity(a):
        is_one(a, b)
    return a != b


def _where_there(compare: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """A comparison of what may be None, with None where it is."""
    if a is None or b is None:
        return is_none(a if b is None else b, compare is unequal)
    if maybe_none(a) is None:
        (found,) = if_(is_none(b), lambda: (compare(a, None),), lambda: (compare(a, _there(b)),), (), COMPARED)
    else:
        (found,) = if_(is_none(a), lambda: (compare(None, b),), lambda: (compare(_there(a), b),), (), COMPARED)
    return found


def _there(value: Any) -> Any:
    return present(value, "TypeError", "this value is None")


def compare_chain(first: Any, *links: tuple[str, Callable[[], Any]]) -> Any:
    """`first < b() < c()`; links are operator and the right side, evaluated once and only when needed."""
    symbol, operand = links[0]
    right = operand()
    result = in_(first, right, symbol) if symbol in ("in", "not in") else COMPARISONS[symbol](first, right)
    if len(links) == 1:
        return result
    return and_(result, lambda: compare_chain(right, *links[1:]))


def in_(item: Any, container: Any, symbol: str = "in") -> Any:
    """`item in container`."""
    stager = current()
    if stager is None:
        return COMPARISONS[symbol](item, container)
    if is_chosen(container):
        return each(container, lambda option: in_(item, option, symbol))
    if is_chosen(item) and not isinstance(container, list | tuple | ValuesView):
        return each(item, lambda option: in_(option, container, symbol))
    found = _contains(stager, item, container)
    return not_(found) if symbol == "not in" else found


def _contains(stager: Stager, item: Any, container: Any) -> Any:
    container = present(container, "TypeError", "argument of type 'NoneType' is not iterable")
    if isinstance(container, StagedNumber):
        stager.raise_in_graph(TypeError, (f"argument of type {kind_of(container)!r} is not iterable",))
    if isinstance(container, str) and isinstance(item, StagedText):
        raise unknown_text()
    if isinstance(container, Tensor):
        equal = stager.apply(lookup("eq"), (container, item), {})
        return StagedNumber.of(stager.builder.any(equal.graph_value, axis=None, keepdims=False))
    if isinstance(container, range) and isinstance(item, Tensor):
        if maybe_none(item) is not None:
            return and_(is_none(item, negated=True), lambda: in_(_there(item), container))
        if not item.ndim:
            return _truth(stager, _in_range(item, container))
    if isinstance(container, StageableList) and container.staged is not None:
        return container.holds(item)
    if isinstance(container, list | tuple | ValuesView):
        candidates = container = tuple(cast("Iterable[Any]", container))
        if any(map(_is_compared_in_graph, (item, *candidates))):
            return _truth(stager, _is_any(item, candidates)) if len(candidates) else False
    if isinstance(item, CaughtClass) and isinstance(container, Collection):
        return item.is_one_of(tuple(x for x in cast("Collection[Any]", container) if isinstance(x, type)))
    if isinstance(container, HASHED) and graph_keys.is_graph_key(item):
        return graph_keys.holds(stager, container, item)
    note_key(stager, container, "__contains__", item)
    if hasattr(cast("type[Any]", type(container)), "__next__"):
        check_objects(stager, "in", (container,))
    own: Any = getattr(cast("type[Any]", type(container)), "__contains__", None)
    if isinstance(own, FunctionType):
        found = stager.call(own, (container, item), {})
        return StagedNumber.of(stager.truth(found)) if is_staged_value(found) else bool(found)
    if isinstance(container, OneShot) or has_own_iterator(container):
        return stager.call(lists_written_out.is_given_by, (gone_over(container), item), {})
    if goes_by_identity(item) and isinstance(container, list | tuple | set | frozenset | dict):
        return is_among(item, container)
    return item in cast(Any, container)


def _is_compared_in_graph(value: Any) -> bool:
    is_of_run = isinstance(value, Tensor | OptionalObject) or is_chosen(value)
    return is_of_run or is_of_graph(value) or _compares_parts(value)


def _in_range(item: Tensor, container: range) -> Any:
    low, high = sorted((container[0], container[-1])) if container else (0, -1)
    return and_(item >= low, lambda: item <= high, lambda: (item - low) % abs(container.step) == 0)


def _is_any(item: Any, candidates: Sequence[Any]) -> Any:
    first, *others = ((lambda other=other: item is other or equal(item, other)) for other in candidates)
    return or_(first(), *others)
