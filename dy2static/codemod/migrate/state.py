"""The state of a loop: which variables it becomes, and the functions of the loop told in these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import libcst as cst

from dy2static.codemod.migrate.bodies import Body, names_in, occurrences
from dy2static.codemod.migrate.sinks import integer
from dy2static.codemod.migrate.statements import (
    assign,
    assign_all,
    elements_of,
    tuple_of,
    without_brackets,
)
from dy2static.codemod.migrate.surroundings import target_names


@dataclass(frozen=True, slots=True)
class State:
    """The variables of a loop. `starts` are their first values, or `start` is that of all at once.

    `display` makes the result of the loop, as the framework gives it.
    """

    names: tuple[str, ...]
    starts: tuple[cst.BaseExpression, ...] | None
    start: cst.BaseExpression
    is_one: bool

    def begin(self) -> list[cst.BaseStatement]:
        if self.starts is not None:
            return assign_all(self.names, self.starts)
        if self.is_one:
            return assign_all(self.names, [self.start])
        return [assign(self.targets(), without_brackets(self.start))]

    def step(self, result: cst.BaseExpression) -> list[cst.BaseStatement]:
        """The variables get what the body returned."""
        if self.is_one:
            return assign_all(self.names, [result])
        values = elements_of(result)
        if values is not None and len(values) == len(self.names):
            return assign_all(self.names, values)
        if len(self.names) == 1:
            return assign_all(self.names, [result])
        return [assign(self.targets(), without_brackets(result))]

    def targets(self) -> cst.Tuple:
        return tuple_of([cst.Name(name) for name in self.names])

    def value(self) -> cst.BaseExpression:
        """The result of the loop."""
        if self.is_one:
            return cst.Name(self.names[0])
        names = [cst.Name(name) for name in self.names]
        if isinstance(self.start, cst.List):
            return cst.List([cst.Element(name) for name in names])
        return tuple_of(names, brackets=True)


def split(bodies: Sequence[tuple[Body, int]], start: cst.BaseExpression) -> tuple[list[Body], list[str]] | None:
    """Functions whose state is one argument, told in the parts of it: `s[0]`, or `a, b = s` at their beginning.

    `bodies` come with the place of that argument. Gives the functions, with as many arguments as there are parts in the
    place of the one, and names for these; None where one of them uses the state as a whole.
    """
    names: list[str] | None = None
    for body, place in bodies:
        unpacked = unpacking(body, body.parameters[place])
        if unpacked is not None and names is None:
            names = unpacked
    starts = elements_of(start)
    if names is None:
        if starts is None or not starts:
            return None
        known = [part.value if isinstance(part, cst.Name) else "" for part in starts]
        prefix = bodies[0][0].parameters[bodies[0][1]]
        names = [name or f"{prefix}_{i}" for i, name in enumerate(known)]
    if starts is not None and len(starts) != len(names):
        return None
    made: list[Body] = []
    for body, place in bodies:
        one = in_parts(body, place, names)
        if one is None:
            return None
        made.append(one)
    return made, names


def unpacking(body: Body, name: str) -> list[str] | None:
    """The names of `a, b = name`, where that is the first statement and the only one that uses `name`."""
    match body.statements:
        case [
            cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.Name(value=value))]
            ),
            *rest,
        ] if value == name:
            names = target_names(target)
            if names is None or any(name in names_in(part) for part in (*rest, body.result)):
                return None
            return names
        case _:
            return None


def in_parts(body: Body, place: int, names: Sequence[str]) -> Body | None:
    """A function with arguments of these names in the place of the one that holds them."""
    name = body.parameters[place]
    unpacked = unpacking(body, name)
    if unpacked is not None:
        if len(unpacked) != len(names):
            return None
        # A part that is not read has no name that could clash.
        own = [f"{name}_{i}" if part == "_" else part for i, part in enumerate(unpacked)]
        first: Any = body.statements[0]
        lead = tuple(line for line in first.leading_lines if line.comment is not None)
        body = replace(body, statements=body.statements[1:], lead=(*body.lead, *lead))
    else:
        if name in names and any(name in names_in(p) for p in (*body.statements, body.result)):
            own = [f"{part}_part" for part in names]
        else:
            own = list(names)
        parts = _Parts(name, own)
        statements: Any = tuple(s.visit(parts) for s in body.statements)
        result = body.result.visit(parts)
        if parts.failed:
            return None
        assert isinstance(result, cst.BaseExpression)
        body = replace(body, statements=statements, result=result)
    before, after = body.parameters[:place], body.parameters[place + 1 :]
    return replace(body, parameters=(*before, *own, *after))


class _Parts(cst.CSTTransformer):
    """`s[0]` becomes the name of that part."""

    def __init__(self, name: str, parts: Sequence[str]) -> None:
        super().__init__()
        self.name = name
        self.parts = parts
        self.failed = False

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        return self._index(node) is None

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:
        index = self._index(original_node)
        return updated_node if index is None else cst.Name(self.parts[index])

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        self.failed = self.failed or original_node.value == self.name
        return updated_node

    def _index(self, node: cst.Subscript) -> int | None:
        match node:
            case cst.Subscript(
                value=cst.Name(value=name), slice=[cst.SubscriptElement(slice=cst.Index(value=index))]
            ) if name == self.name:
                number = integer(index)
                if number is not None and -len(self.parts) <= number < len(self.parts):
                    return number % len(self.parts)
                return None
            case _:
                return None


def chosen_names(
    wanted: Sequence[str | None],
    bodies: Sequence[Body],
    own: Sequence[str],
    after: set[str],
    fresh: Callable[[str, set[str]], str],
    also_read: frozenset[str] | set[str] = frozenset(),
) -> list[str]:
    """Names for the variables of a loop: those of the result, else those of the parameters, if they are free.

    A name is not free when a body, or the head of the loop (`also_read`), means something else by it, or when it is
    read after the loop.
    """
    reads = {name for body in bodies for name in body.reads} | also_read
    chosen: list[str] = []
    for i, parameter in enumerate(own):
        target = wanted[i] if i < len(wanted) else None
        if target is not None and target != "_" and target not in reads and target not in chosen:
            chosen.append(target)
            continue
        others = {name for name in wanted if name is not None}
        chosen.append(fresh(parameter, reads | after | set(chosen) | others))
    return chosen


def settled(body: Body, names: Sequence[str], extra: set[str], fresh: Callable[[str, set[str]], str]) -> Body:
    """A body with the variables' names for its first parameters, and locals that clash with nothing."""
    mapping = dict(zip(body.parameters, names, strict=False))
    taken = set(names) | extra | body.reads
    for local in sorted(body.locals):
        mapping[local] = fresh(local, taken | set(mapping.values()))
    return body.renamed(mapping)


def used_once(body: Body, name: str) -> bool:
    """Whether a parameter is read once at most."""
    return sum(occurrences(part).count(name) for part in (*body.statements, body.result)) <= 1
