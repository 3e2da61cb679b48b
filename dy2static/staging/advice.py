"""What to do where control flow cannot merge two values: objects of the user's classes, layers, too many texts."""

from typing import Any, cast

from dy2static.staging.objects.instances import Attributes, children, has_attributes, is_made
from dy2static.staging.objects.made import is_plain
from dy2static.staging.values.chosen import MOST
from dy2static.staging.values.spec import ChoiceSpec, ConstantSpec, ContainerSpec, Spec, TextSpec


def of_choices(label: str, a: Spec, b: Spec) -> str | None:
    """What to do about more ordinary values, or texts, than a graph chooses among; None where that is not it."""
    if any(isinstance(part, TextSpec) for spec in (a, b) for part in getattr(spec, "parts", (spec,))):
        return (
            f"keep the values that {label} is made of in a list, and make the text of them outside, or print it here; "
            "where it grows, append the pieces to a list, and put them together behind the loop: `''.join(pieces)`."
        )
    count = sum(len(spec.parts) if isinstance(spec, ChoiceSpec) else 1 for spec in (a, b))
    if count <= MOST or not all(isinstance(spec, ChoiceSpec | ConstantSpec) for spec in (a, b)):
        return None
    return f"keep a number, and make {label} of it outside: a graph chooses among {MOST} values at most."


def of_objects(label: str, a: Spec, b: Spec) -> str | None:
    """What to do about two objects that do not fit; None where they are not what differs."""
    if isinstance(a, ContainerSpec) and isinstance(b, ContainerSpec):
        return _of_attributes(a, b) if has_attributes(a.node) and has_attributes(b.node) else None
    if isinstance(a, ConstantSpec) and isinstance(b, ConstantSpec) and callable(a.value) and callable(b.value):
        return "call each in a branch of its own: `f(x) if test else g(x)`. A graph chooses between values."
    objects = [spec.value for spec in (a, b) if isinstance(spec, ConstantSpec) and _is_plain_object(spec.value)]
    if not objects or not all(isinstance(s, ConstantSpec) or _is_object(s) for s in (a, b)):
        return None
    if any(is_made(value) and children(value) is None for value in objects):
        return (
            f"give {label} one object and change its attributes, or let it refer to others by an index: a graph "
            "chooses between values, and an object that holds itself, or has a `__del__`, is none."
        )
    if len(objects) == 2 or any(map(_is_object, (a, b))):
        return (
            f"give {label} one object and change its attributes, or copies that the function makes, with `copy.copy`, "
            "or make its class a dataclass, or register it with `eager.register_pytree`: a graph chooses between "
            "values, not between objects."
        )
    return None


def kinds_of(*specs: Spec) -> tuple[type, ...]:
    """The classes of the objects that were made by code which is not converted, or were there before."""
    values = [spec.value for spec in specs if isinstance(spec, ConstantSpec)]
    return tuple(cast("type[Any]", type(x)) for x in values if _is_plain_object(x) and not is_made(x))


def _of_attributes(a: ContainerSpec, b: ContainerSpec) -> str | None:
    if a.node.kind is not b.node.kind:
        return "make an object of one class on all paths, and keep what differs in its attributes."
    lacking = [name for x, y in ((a, b), (b, a)) for name in x.node.keys if name not in y.node.keys]
    if lacking:
        return f"set the attribute {lacking[0]!r} on all paths, in `__init__` for one."
    if isinstance(a.node.aux, Attributes) and a.node != b.node:
        return f"set the attributes in one order on all paths: {', '.join(a.node.aux.names)}."
    return None


def _is_object(spec: Spec) -> bool:
    return isinstance(spec, ContainerSpec) and has_attributes(spec.node)


def _is_plain_object(value: Any) -> bool:
    cls = cast("type[Any]", type(value))
    return is_plain(cls) or (hasattr(value, "__dict__") and not callable(value))
