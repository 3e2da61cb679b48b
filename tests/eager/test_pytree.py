from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from typing import Any

import pytest

from eager.pytree import children, flatten, is_container, leaves_of, rebuild, register_pytree, tree_map, unflatten

Point = namedtuple("Point", "x y")


@dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any = 2
    doubled: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "doubled", "made once")


TREES: list[Any] = [
    1,
    None,
    (),
    [1, (2, None, [3])],
    {"b": 1, "a": {"c": 2}},
    OrderedDict([("z", 1), ("y", 2)]),
    Point(1, [2]),
    Frozen(1, (2, 3)),
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_round_trip(tree: Any) -> None:
    leaves, treedef = flatten(tree)
    again = unflatten(treedef, leaves)
    assert again == tree
    assert type(again) is type(tree)
    assert hash(treedef) == hash(flatten(again)[1])
    assert treedef == flatten(again)[1]
    assert treedef.leaves_count == len(leaves)


def test_defaultdict_keeps_its_factory() -> None:
    tree: defaultdict[str, Any] = defaultdict(list, a=1)
    again = unflatten(flatten(tree)[1], [2])
    assert again["new"] == []
    assert again["a"] == 2


def test_dict_order_is_kept() -> None:
    leaves, treedef = flatten({"b": 1, "a": 2})
    assert list(unflatten(treedef, leaves)) == ["b", "a"]
    assert str(treedef) == "{'b': *, 'a': *}"


def test_structures_that_differ() -> None:
    assert flatten([1, 2])[1] != flatten((1, 2))[1]
    assert flatten({"a": 1})[1] != flatten({"b": 1})[1]
    assert str(flatten((1,))[1]) == "(*,)"
    assert str(flatten([None, Point(1, 2)])[1]) == "[None, Point(*, *)]"


def test_map() -> None:
    assert tree_map(lambda a, b: a + b, [1, {"k": 2}], [10, {"k": 20}]) == [11, {"k": 22}]
    with pytest.raises(ValueError, match="differ in structure"):
        tree_map(lambda a, b: a, [1], (1,))


def test_wrong_number_of_leaves() -> None:
    treedef = flatten([1, 2])[1]
    with pytest.raises(ValueError, match="fewer leaves"):
        unflatten(treedef, [1])
    with pytest.raises(ValueError, match="more leaves"):
        unflatten(treedef, [1, 2, 3])


def test_registered_classes() -> None:
    class Box:
        def __init__(self, content: Any, label: str) -> None:
            self.content, self.label = content, label

    assert leaves_of(Box(1, "l")) != [1]
    register_pytree(Box, lambda b: ((b.content,), b.label), lambda label, items: Box(items[0], label))
    doubled = tree_map(lambda x: x * 2, [Box(1, "l")])
    assert (doubled[0].content, doubled[0].label) == (2, "l")
    assert is_container(Box(1, ""))
    with pytest.raises(ValueError, match="registered already"):
        register_pytree(Box, lambda b: ((), None), lambda aux, items: None)


def test_one_level() -> None:
    parts = children(Frozen(1, 2))
    assert parts is not None
    node, items = parts
    assert node.keys == ("a", "b", "doubled")
    assert rebuild(node, [5, *items[1:]]).a == 5
    assert children(3) is None
    pair = children(Point(1, 2))
    assert pair is not None
    assert pair[0].keys == ("x", "y")
