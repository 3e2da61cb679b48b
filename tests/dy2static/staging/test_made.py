"""Objects that a function makes and that leave it: new ones in each run, one in all the places where they are left."""

import copy
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import StagingError, to_static


class Point:
    def __init__(self, n: Any = 0) -> None:
        self.n = n


class Slotted:
    __slots__ = ("__hidden", "n")

    def __init__(self, n: Any) -> None:
        self.n = n
        self.__hidden = 3

    def hidden(self) -> int:
        return self.__hidden


class Only:
    known: Any = None

    def __new__(cls) -> Any:
        if cls.known is None:
            cls.known = super().__new__(cls)
        return cls.known


class Rows(dict[str, Any]):
    pass


class Box:
    pass


ROWS: list[int] = [1, 2]
TABLE: dict[str, int] = {"a": 1}
SEEN: set[int] = {3}
WEIGHTS = np.ones(2)
POINT = Point(4)


def one() -> Any:
    return xp.asarray(1.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: {1, 2},
        lambda x: deque([[1], [2]], maxlen=3),
        lambda x: bytearray(b"ab"),
        lambda x: np.zeros(3),
        lambda x: Counter("aab"),
        lambda x: Rows(a=1),
        lambda x: [[1], {2}],
        lambda x: Point(7),
        lambda x: Slotted(7),
        lambda x: copy.copy(POINT),
        lambda x: {"a": Point(1)}["a"],
    ],
)
def test_each_run_makes_another_one(make: Callable[[Any], Any]) -> None:
    static, x = to_static(make), one()
    first = static(x)
    second = static(x)
    third = static(x)  # by the shortcut
    assert type(first) is type(make(x))
    assert len({id(first), id(second), id(third)}) == 3


def test_what_is_done_to_a_result_is_not_seen_by_the_next() -> None:
    def made(x: Any) -> Any:
        if x > 0:
            x = x + 1
        return {1, 2}, np.zeros(2), Point(x), deque([[1]])

    static = to_static(made)
    for _ in range(3):
        found, zeros, point, queue = static(one())
        assert found == {1, 2}
        assert zeros.tolist() == [0, 0]
        assert float(point.n) == 2.0
        assert list(queue) == [[1]]
        found.add(5)
        zeros[0] = 7.0
        point.n = None
        queue[0].append(2)


@pytest.mark.parametrize("name", ["ROWS", "TABLE", "SEEN", "WEIGHTS", "POINT"])
def test_what_was_there_before_leaves_itself(name: str) -> None:
    functions = {
        "ROWS": lambda x: ROWS,
        "TABLE": lambda x: TABLE,
        "SEEN": lambda x: SEEN,
        "WEIGHTS": lambda x: WEIGHTS,
        "POINT": lambda x: POINT,
    }
    static = to_static(functions[name])
    assert static(one()) is globals()[name]
    assert static(one()) is globals()[name]


def test_a_class_that_gives_one_object_gives_that() -> None:
    static = to_static(lambda x: Only())
    assert static(one()) is static(one())
    assert static(one()) is Only()


def test_an_object_with_slots() -> None:
    found = to_static(lambda x: Slotted(x * 2))(one())
    assert float(found.n) == 2.0
    assert found.hidden() == 3


def test_one_object_in_two_places_is_one() -> None:
    box: Any = Box()

    def keep(x: Any) -> Any:
        rows = [x, x + 1]
        point = Point(rows)
        box.rows = rows
        box.point = point
        return rows, point

    static = to_static(keep)
    for _ in range(3):
        rows, point = static(one())
        assert box.rows is rows
        assert box.point is point
        assert point.n is rows
        assert [float(v) for v in rows] == [1.0, 2.0]


def test_objects_that_refer_to_each_other() -> None:
    def tree(x: Any) -> Any:
        root, leaf = Point(x), Point(x * 2)
        root.leaf, leaf.root = leaf, root
        return root

    static = to_static(tree)
    a, b = static(one()), static(one())
    assert a.leaf.root is a
    assert b.leaf.root is b
    assert float(b.leaf.n) == 2.0


def test_gradients_through_an_object_that_is_returned() -> None:
    def made(x: Any) -> Any:
        point = Point()
        point.n = x * x if x > 0 else -x
        return point

    static = to_static(made)
    for value in (3.0, -2.0):
        expected, found = (xp.grad(lambda x, f=f: f(x).n)(xp.asarray(value)) for f in (made, static))
        assert float(found) == float(expected)


def test_an_object_kept_by_the_first_call_is_not_given_to_the_second() -> None:
    class Machine:
        state: Any = None

        def run(self, x: Any) -> Any:
            self.state = Point()
            self.state.n += 1
            return x * self.state.n

    machine = Machine()
    static = to_static(machine.run)
    assert float(static(one())) == 1.0
    before = machine.state
    before.n = 50
    assert float(static(one())) == 1.0
    assert machine.state is not before
    assert machine.state.n == 1


def test_an_object_made_on_one_path() -> None:
    def made(x: Any) -> Any:
        point = None
        if x > 0:
            point = Point(1)
        return point

    static = to_static(made)
    assert static(one()) is not static(one())
    assert static(-one()) is None


def test_a_list_that_holds_itself_is_refused() -> None:
    def made(x: Any) -> Any:
        rows: list[Any] = [x]
        rows.append(rows)
        return rows

    with pytest.raises(StagingError, match="holds itself is returned or kept"):
        to_static(made)(one())


def test_a_dict_of_a_class_with_values_of_the_graph_is_refused() -> None:
    with pytest.raises(StagingError, match="a Rows that the function makes, and that holds values of the graph"):
        to_static(lambda x: Rows(a=x * 2))(one())


def test_what_leaves_is_as_it_was_in_the_end() -> None:
    def made(x: Any) -> Any:
        seen = {1}
        seen.add(2)
        zeros = np.zeros(2)
        zeros += 3
        return seen, zeros

    static = to_static(made)
    for _ in range(3):
        seen, zeros = static(one())
        assert seen == {1, 2}
        assert zeros.tolist() == [3.0, 3.0]


def some_paths(function: Callable[..., Any]) -> Any:
    """What the static function gives, where its paths do and do not hold the object."""
    static = to_static(function, executor="interpreter")
    first = static(xp.asarray([1.0, 2.0, 3.0]))
    assert static(xp.asarray([1.0, 2.0, 3.0])) is not first
    return first, static(xp.asarray([0.1, 0.2, 0.3]))


def test_an_object_that_only_some_paths_return() -> None:
    def alone(v: Any) -> Any:
        point, held = Point(v[0]), None
        if v.sum() > 2.0:
            held = point
        return held

    there, missing = some_paths(alone)
    assert float(there.n) == 1.0
    assert missing is None


def test_an_object_in_a_container_on_some_paths_is_that_in_other_places() -> None:
    def function(v: Any) -> Any:
        point, held = Point(v[0]), None
        if v.sum() > 2.0:
            held = (point, v[1])
        return point, held, {"point": point}

    (point, held, named), (other, missing, _) = some_paths(function)
    assert float(point.n) == 1.0
    assert float(held[1]) == 2.0
    assert held[0] is point is named["point"]
    assert float(other.n) == pytest.approx(0.1)
    assert missing is None


def test_an_object_in_two_containers_that_some_paths_have() -> None:
    def function(v: Any) -> Any:
        point, first, second = Point([v[0]]), None, None
        if v.sum() > 2.0:
            first = (point, v[2])
        if v.sum() > 0.5:
            second = {"point": point}
        return first, second, point.n

    (first, second, n), (missing, alone, _) = some_paths(function)
    assert first[0] is second["point"]
    assert float(n[0]) == 1.0
    assert missing is None
    assert float(alone["point"].n[0]) == pytest.approx(0.1)


def test_objects_within_each_other_on_some_paths() -> None:
    def function(v: Any) -> Any:
        inner = Point(v[0])
        outer, held, kept = Point(inner), None, None
        if v.sum() > 2.0:
            held = [outer, inner]
        if v[0] > 0.05:
            kept = (held, outer)
        return kept, inner

    (kept, inner), (of_none, _) = some_paths(function)
    assert kept[0][0].n is kept[0][1] is inner
    assert kept[0][0] is kept[1]
    assert float(inner.n) == 1.0
    assert of_none[0] is None
    assert float(of_none[1].n.n) == pytest.approx(0.1)
