"""What another name has changed on some paths: every use says so, at the change, with the line of the use."""

from collections.abc import Callable
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from dy2static.errors import StagingError


class Node:
    """An object with a list, a text and something that is None."""

    def __init__(self, value: Any) -> None:
        self.values = [value]
        self.label = "new"
        self.next: Any = None

    def visit(self, value: Any) -> None:
        """Changes all of it."""
        self.values = [*self.values, value]
        self.label = "seen"
        self.next = value


def changed(x: Any) -> Node:
    """The first of two objects: what the graph chooses among them has changed."""
    first, other = Node(x), Node(x * 2)
    (first if x > 0 else other).visit(x)
    return first


def _items(first: Node) -> Any:
    return [v * 2 for v in first.values]


def _length(first: Node) -> Any:
    return len(first.values)


def _class_of_list(first: Node) -> Any:
    return isinstance(first.values, list)


def _is_none(first: Node) -> Any:
    return first.next is None


def _truth(first: Node) -> Any:
    return 1.0 if first.next else 2.0


def _equal(first: Node) -> Any:
    return first.label == "seen"


def _method(first: Node) -> Any:
    return first.label.upper()


def _key(first: Node) -> Any:
    return {"seen": 1.0}.get(first.label)


def _text(first: Node) -> Any:
    return f"{first.label}!"


def _type(first: Node) -> Any:
    return type(first.next)


def _call(first: Node) -> Any:
    return first.next()


USES = (_items, _length, _class_of_list, _is_none, _truth, _equal, _method, _key, _text, _type, _call)


@pytest.mark.parametrize("use", USES, ids=[use.__name__.strip("_") for use in USES])
def test_every_use_is_refused(use: Callable[[Node], Any]) -> None:
    def f(x: Any) -> Any:
        return use(changed(x))

    with pytest.raises(StagingError) as caught:
        to_static(f)(xp.asarray(1.0))
    line, visit = use.__code__.co_firstlineno + 1, Node.visit.__code__.co_firstlineno
    assert (
        "an object is changed in place here, and the conditional expression is that object on some paths that lead "
        f"here and another on others: what the change is seen by, on line {line} for one, would differ from run to run"
    ) in str(caught.value)
    assert caught.value.loc.line in range(visit + 2, visit + 5)


def test_what_is_not_used_costs_nothing() -> None:
    def f(x: Any) -> Any:
        first, other = Node(x), Node(x * 2)
        chosen = first if x > 0 else other
        chosen.visit(x)
        return chosen.values, chosen.label, chosen.next

    for x in (1.0, -1.0):
        assert str(to_static(f)(xp.asarray(x))) == str(f(xp.asarray(x)))


def test_a_stale_list_can_be_emptied() -> None:
    def f(x: Any) -> Any:
        first, other = [x], [x * 2]
        chosen = first if x > 0 else other
        chosen.append(x)
        first = [x * 3]
        other.clear()
        return len(first), len(other)

    assert to_static(f)(xp.asarray(-1.0)) == f(xp.asarray(-1.0))
