"""Objects that the code makes are values in control flow; where they cannot be, the error says what to do."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

import eager as xp
from dy2static import StagingError, to_static
from dy2static.staging.objects.made import fields_of, set_fields
from eager.tensor import Tensor
from graph.errors import BranchTypeError, GraphError, LoopTypeError


class Point:
    def __init__(self, a: Any, k: int = 0) -> None:
        self.a = a
        self.k = k

    def move(self) -> None:
        self.a = self.a + 1

    def get(self) -> Any:
        return self.a


class Far(Point):
    pass


class Closed:
    """Nothing can be made in place of one that is closed."""

    def __init__(self, a: Any) -> None:
        self.a = a

    def __del__(self) -> None:
        pass


@dataclass
class Record:
    a: Any
    extra: Any = 0.0

    def move(self) -> None:
        self.a = self.a + 1


class Slots:
    __slots__ = ("__hidden", "a", "unset")

    def __init__(self, a: Any) -> None:
        self.a = a
        self.__hidden = 2


class Doubles:
    """A descriptor that stores in the dict of its owner, under its own name."""

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return cast("dict[str, Any]", vars(owner))["a"]

    def __set__(self, owner: Any, value: Any) -> None:
        vars(owner)["a"] = 2 * value


class Described:
    a = Doubles()

    def __init__(self, a: Any) -> None:
        self.a = a


OUTSIDE = Point(2.0)


def one() -> Tensor:
    return xp.asarray(1.0)


def other_class(x: Any) -> Any:
    point = Point(x) if x > 0 else Far(x)
    return point.a


def other_attributes(x: Any) -> Any:
    point = Point(x)
    if x > 0:
        point = Point(x)
        point.name = x  # pyright: ignore[reportAttributeAccessIssue]
    return point.a


def other_order(x: Any) -> Any:
    point = Point(x)
    if x > 0:
        point = Point(x)
        del point.a
        point.a = x
    return point.a


def other_text(x: Any) -> Any:
    point = Point(x, "a") if x > 0 else Point(x, b"b")  # pyright: ignore[reportArgumentType]
    return point.a


def from_outside(x: Any) -> Any:
    point = Point(x) if x > 0 else OUTSIDE
    return point.a


def holds_itself(x: Any) -> Any:
    if x > 0:
        point = Point(x)
        point.k = point  # pyright: ignore[reportAttributeAccessIssue]
    else:
        point = Point(x * 2)
    return point.a


def itself_on_one_path(x: Any) -> Any:
    if x > -5:
        point = Point(x * 2)
        point.k = point  # pyright: ignore[reportAttributeAccessIssue]
    return point.a  # pyright: ignore[reportPossiblyUnboundVariable]


def is_closed(x: Any) -> Any:
    closed = Closed(x) if x > 0 else Closed(x * 2)
    return closed.a


def method_of_one(x: Any) -> Any:
    if x > -5:
        get = Point(x * 2).get
    return get()  # pyright: ignore[reportPossiblyUnboundVariable]


def chain(x: Any) -> Any:
    head: Any = None
    for i in range(xp.asarray(3)):  # pyright: ignore[reportArgumentType]
        head = Point((x * i, head))
    return head.a[0]


def dtype_in_a_loop(x: Any) -> Any:
    point = Point(x)
    while point.a > 5:
        point = Point(xp.stack([point.a]))
    return point.a


def is_asked(x: Any) -> Any:
    a = b = Point(x)
    if x > 0:
        a = Point(x * 2)
    return a is b


def equality_is_asked(x: Any) -> Any:
    a = b = Point(x)
    if x > 0:
        a = Point(x * 2)
    return a == b == b


def in_is_asked(x: Any) -> Any:
    a = b = Point(x)
    if x > 0:
        a = Point(x * 2)
    return a in [b]


def key(x: Any) -> Any:
    a, b = Point(x), Point(x)
    names = {a: 1, b: 2}
    return names[a if x > 0 else b]


def key_of_get(x: Any) -> Any:
    a, b = Point(x), Point(x)
    names = {a: 1, b: 2}
    return names.get(a if x > 0 else b)


def alias(x: Any) -> Any:
    a, b = Point(x), Point(x)
    chosen = a if x > 0 else b
    chosen.a = x
    return a.a


def alias_of_a_dict(x: Any) -> Any:
    a, b = {"v": x}, {"v": x * 2}
    chosen = a if x > 0 else b
    chosen["v"] = x
    return a["v"]


def alias_of_slots(x: Any) -> Any:
    a, b = Slots(x), Slots(x * 2)
    chosen = a if x > 0 else b
    chosen.a = x
    return a.a


def alias_in_a_list(x: Any) -> Any:
    point = Point(x)
    points = [point]
    if x > 0:
        point = Point(x * 2)
    points[0].a = x
    return point.a


def element(x: Any) -> Any:
    points: list[Any] = []
    for i in range(xp.asarray(3)):  # pyright: ignore[reportArgumentType]
        points.append(Point(x * i))
    points[0].move()
    return points[0].a


def maybe_none(x: Any) -> Any:
    point = None
    if x > 0:
        point = Record(x)
    if point is not None:
        point.move()
        return point.a
    return x


def maybe_unbound(x: Any) -> Any:
    if x > -5:
        point = Record(x)
    if x > 0:
        point.move()  # pyright: ignore[reportPossiblyUnboundVariable]
    return point.a  # pyright: ignore[reportPossiblyUnboundVariable]


def element_of_records(x: Any) -> Any:
    records: list[Any] = []
    for i in range(xp.asarray(3)):  # pyright: ignore[reportArgumentType]
        records.append(Record(x * i))
    records[0].a = x
    return records[0].a


def older_in_a_list(x: Any) -> Any:
    point = Point(x)
    points: list[Any] = []
    for _ in range(xp.asarray(3)):  # pyright: ignore[reportArgumentType]
        point.a = point.a + 1
        points.append(point)
    return points[0].a


REFUSED: list[tuple[Callable[[Any], Any], type[GraphError], str]] = [
    (other_class, BranchTypeError, "is Point(a=f64[], k=0) when true, Far(a=f64[], k=0) when false; a graph needs"),
    (other_class, BranchTypeError, "Next: make an object of one class on all paths, and keep what differs in its"),
    (
        other_attributes,
        BranchTypeError,
        "`point` is Point(a=f64[], k=0, name=f64[]) when true, Point(a=f64[], k=0) w",
    ),
    (other_attributes, BranchTypeError, "Next: set the attribute 'name' on all paths, in `__init__` for one."),
    (other_order, BranchTypeError, "Next: set the attributes in one order on all paths: k, a."),
    (other_text, BranchTypeError, "at `.k` is 'a' when true, b'b' when false; a graph needs one type."),
    (from_outside, BranchTypeError, "is Point(a=f64[], k=0) when true, an object of class Point when false; a graph"),
    (from_outside, BranchTypeError, "or copies that the function makes, with `copy.copy`, or make its class a datacla"),
    (holds_itself, BranchTypeError, "`point` is an object of class Point when true, Point(a=f64[], k=0) when false"),
    (holds_itself, BranchTypeError, "let it refer to others by an index: a graph chooses between values, and an obje"),
    (
        itself_on_one_path,
        StagingError,
        "an object of class Point, which holds itself or has a `__del__`, is made in a",
    ),
    (is_closed, BranchTypeError, "that holds itself, or has a `__del__`, is none."),
    (method_of_one, StagingError, "a method of an object of class Point is made in a branch or loop of the graph and"),
    (method_of_one, StagingError, "Next: keep the object, and take its method where it is called."),
    (chain, LoopTypeError, "`head` holds more after each trip of this loop (Point(a=tuple("),
    (chain, LoopTypeError, "Next: keep what each trip adds in a list, and refer to it by an index; texts are put"),
    (
        dtype_in_a_loop,
        LoopTypeError,
        "`point` at `.a` is f64[] before a trip of this loop and f64[1] after it; a grap",
    ),
    (is_asked, StagingError, "whether these two are one Point is asked here, and they are on some paths that lead"),
    (equality_is_asked, StagingError, "keep a number or a bool that says which one it is, and compare that."),
    (in_is_asked, StagingError, "whether these two are one Point is asked here"),
    (key, StagingError, "an object of class Point that the graph chooses is the key of an item"),
    (key_of_get, StagingError, "whether these two are one Point is asked here"),
    (alias, StagingError, "changed in place here, and the conditional expression is that object on some paths"),
    (alias_of_a_dict, StagingError, "changed in place here, and the conditional expression is that object on some"),
    (alias_of_slots, StagingError, "changed in place here, and the conditional expression is that object on some"),
    (alias_in_a_list, StagingError, "changed in place here, and `point` is that object on some paths"),
    (element, StagingError, "it is in a list that changes under control flow of the graph"),
    (element_of_records, StagingError, "it is in a list that changes under control flow of the graph"),
    (older_in_a_list, StagingError, "changes in place in this loop, and is put into a list that changes under control"),
    (maybe_none, StagingError, "a Record that is None on some paths is that object on some paths"),
    (
        maybe_unbound,
        StagingError,
        "`point` is changed in place in this block, and on some paths that lead here it is",
    ),
]


@pytest.mark.parametrize(("function", "kind", "text"), REFUSED)
def test_what_is_refused(function: Callable[[Any], Any], kind: type[GraphError], text: str) -> None:
    with pytest.raises(kind) as caught:
        to_static(function)(one())
    assert text in str(caught.value)
    assert caught.value.loc.file == __file__


def attribute_of_a_part(x: Any) -> Any:
    record = Record(Record(x))
    if x > 0:
        record.a.a = x * 5
    else:
        record.a = Record(x * 2)
    return record.a.a


def item_of_a_part(x: Any) -> Any:
    record = Record({"a": x})
    if x > 0:
        record.a["a"] = x * 5
    else:
        record.a = {"a": x * 2}
    return record.a["a"]


def attribute_that_is_no_field(x: Any) -> Any:
    record = Record(x) if x > 0 else Record(x * 2)
    record.more = x  # pyright: ignore[reportAttributeAccessIssue]
    if x < 0:
        record = copy.copy(record)
    return record.more + record.a  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def field_set_on_some_paths(x: Any) -> Any:
    record = Record(x)
    del record.extra
    if x > 0:
        record.extra = x
    if x > 0:
        record = copy.copy(record)
        record.a = record.extra * 3
    return record.a


def changed_after(x: Any) -> Any:
    """What nothing else refers to, of objects to which Python has no weak references."""
    slots = Slots({"v": x}) if x > 0 else Slots({"v": x * 2})
    slots.a["v"] = slots.a["v"] + 1
    slots.a = {"v": slots.a["v"] * 3}
    return slots.a["v"]


def both_are_none(x: Any) -> Any:
    a = Point(x) if x > 0 else None
    b = Point(x) if x > 0 else None
    return a is b


def deep_copies(x: Any) -> Any:
    point = copy.deepcopy(Point(Point(x)))
    if x > 0:
        point = copy.deepcopy(point)
        point.a.a = x * 9
    return point.a.a


@pytest.mark.parametrize(
    "function",
    [
        attribute_of_a_part,
        item_of_a_part,
        attribute_that_is_no_field,
        field_set_on_some_paths,
        changed_after,
        both_are_none,
        deep_copies,
    ],
)
def test_what_eager_code_gives(function: Callable[[Any], Any]) -> None:
    static = to_static(function)
    for x in (one(), -one()):
        assert float(static(x)) == float(function(x))


def test_each_run_makes_its_own() -> None:
    def made(x: Any) -> Any:
        point = Point(x) if x > 0 else Point(x * 2)
        return point, [point]

    static = to_static(made)
    first, held = static(one())
    second, _ = static(one())
    assert type(first) is Point
    assert vars(first) == {"a": one(), "k": 0}
    assert held[0] is first
    assert second is not first


def test_fields_are_stored_past_the_class() -> None:
    slots = object.__new__(Slots)
    set_fields(slots, fields_of(Slots(2)))
    assert fields_of(slots) == {"a": 2, "_Slots__hidden": 2}
    described = object.__new__(Described)
    set_fields(described, {"a": 1})
    assert described.a == 1
