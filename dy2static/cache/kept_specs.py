"""Descriptions of what a function returns, in plain values: those that need no object of this process."""

from typing import Any, Final, cast

from dy2static.staging.arguments import ArgumentRef, CapturedRef
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.objects.made import MadeSpec
from dy2static.staging.values.spec import ConstantSpec, ContainerSpec, ListSpec, OptionalSpec, Spec, TensorSpec
from eager.pytree import Node
from graph.ir.written import read_type, written_type

CONSTANTS: Final = (type(None), bool, int, float, complex, str, bytes)
KINDS: Final[dict[str, Any]] = {"tuple": tuple, "list": list, "dict": dict}


def written_spec(spec: Spec) -> Any:
    """A description in plain values. Raises: TypeError for one that has none."""
    return _Writer().spec(spec)


def read_spec(found: Any) -> Spec:
    """The description of these plain values. Raises: ValueError for others."""
    return _Reader().spec(found)


class _Writer:
    """Objects that a run makes are numbered: one may leave by several ways."""

    def __init__(self) -> None:
        self._made: dict[int, int] = {}

    def spec(self, spec: Spec) -> Any:
        match spec:
            case TensorSpec(aval, weak, adapted):
                return "tensor", written_type(aval), weak, adapted
            case ContainerSpec(node, parts):
                return "container", *_node(node), [self.spec(part) for part in parts]
            case MadeSpec(original, inner, None, None, False) if type(original) in (list, dict, StageableList):
                number = self._made.setdefault(id(original), len(self._made))
                return "made", number, None if inner is None else self.spec(inner)
            case ListSpec(element):
                return "list", None if element is None else self.spec(element)
            case OptionalSpec(inner):
                return "optional", self.spec(inner)
            case ConstantSpec(value) if type(spec) is ConstantSpec:
                return _constant(value)
            case _:
                raise TypeError(f"a description of class {type(spec).__name__}")


class _Reader:
    def __init__(self) -> None:
        self._made: dict[int, list[Any]] = {}

    def spec(self, found: Any) -> Spec:
        kind, *rest = found
        match kind:
            case "tensor":
                aval, weak, adapted = rest
                return TensorSpec(cast(Any, read_type(aval)), weak, adapted)
            case "container":
                name, keys, parts = rest
                aux = tuple(keys) if name == "dict" else None
                return ContainerSpec(Node(KINDS[name], aux, tuple(keys)), tuple(map(self.spec, parts)))
            case "made":
                number, inner = rest
                return MadeSpec(self._made.setdefault(number, []), None if inner is None else self.spec(inner))
            case "list":
                return ListSpec(None if rest[0] is None else self.spec(rest[0]))
            case "optional":
                return OptionalSpec(self.spec(rest[0]))
            case "constant":
                return ConstantSpec(rest[0])
            case "argument":
                return ConstantSpec(ArgumentRef(tuple(rest[0])))
            case "captured":
                return ConstantSpec(CapturedRef((), rest[0]))
            case _:
                raise ValueError(f"{kind!r} is no description")


def _constant(value: Any) -> Any:
    if type(value) is ArgumentRef:
        return "argument", value.path
    if type(value) is CapturedRef:
        return "captured", value.index
    if type(value) not in CONSTANTS:
        raise TypeError(f"a constant of class {type(value).__name__}")
    return "constant", value


def _node(node: Node) -> tuple[str, tuple[Any, ...]]:
    name = "list" if node.kind is StageableList else node.kind.__name__
    is_plain = node.kind is StageableList or KINDS.get(name) is node.kind
    if not is_plain or any(type(key) not in (str, int) for key in node.keys):
        raise TypeError(f"a container of class {node.kind.__name__}")
    return name, node.keys
