"""Loops: `while_loop`, `fori_loop`, `scan` and their like become `while` and `for`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from dy2static.codemod.migrate.bodies import Body, names_in
from dy2static.codemod.migrate.entries import LeftError, in_brackets
from dy2static.codemod.migrate.framework import Primitive
from dy2static.codemod.migrate.sinks import Sink
from dy2static.codemod.migrate.state import State, chosen_names, settled, split, unpacking
from dy2static.codemod.migrate.statements import (
    assign,
    call,
    elements_of,
    expression,
    for_loop,
    led,
    tuple_of,
    while_loop,
)
from dy2static.codemod.migrate.surroundings import GivenFunction, is_function

Given = Mapping[str, cst.BaseExpression]


@dataclass(frozen=True, slots=True)
class Site:
    """What loops are made with: functions by the arguments that are them, names that must be left alone, our names."""

    functions: Mapping[str, GivenFunction]
    after: set[str]
    fresh: Callable[[str, set[str]], str]
    ours: Callable[[str], cst.BaseExpression]

    def body(self, role: str) -> Body | None:
        return self.functions[role].body


@dataclass(frozen=True, slots=True)
class Made:
    """Statements, the result of the call in terms of their variables, and the arguments whose bodies went into them."""

    statements: list[cst.BaseStatement]
    value: cst.BaseExpression
    inlined: tuple[str, ...]


def make_loop(primitive: Primitive, given: Given, sink: Sink, site: Site) -> Made:
    """The statements of a loop primitive. Raises: LeftError."""
    match primitive.form:
        case "while":
            return _while(primitive, given, sink, site)
        case "fori":
            return _fori(given, sink, site)
        case "scan":
            return _scan(given, sink, site)
        case "fold" | "running":
            return _fold(primitive.form, given, sink, site)
        case "map":
            return _map(given, site)
        case "cond" | "switch" | "case":
            raise AssertionError(primitive.form)


def _argument(given: Given, name: str) -> cst.BaseExpression:
    value = given.get(name)
    if value is None:
        raise LeftError(f"`{name}` is not given")
    return value


def _wanted(sink: Sink, count: int) -> list[str | None]:
    """Names that the result is given, for variables to be called the same."""
    names = sink.names
    if names is not None and len(names) == count:
        return list(names)
    return [None] * count


# while


def _while(primitive: Primitive, given: Given, sink: Sink, site: Site) -> Made:
    start = _argument(given, "state")
    test, body = site.body("test"), site.body("body")
    if primitive.state == "one":
        known = [function for function in (body, test) if function is not None]
        if any(len(function.parameters) != 1 for function in known):
            raise LeftError("its functions do not take the state as their one argument")
        parts = split([(body, 0), (test, 0)], start) if test is not None and body is not None else None
        if parts is None:
            return _while_of_one(test, body, start, sink, site)
        (body, test), names = parts
        return _while_of_several(test, body, names, start, sink, site)
    starts = elements_of(start)
    if starts is None:
        raise LeftError("the values that it starts with are not listed in the call")
    if body is None and len(starts) == 1:
        raise LeftError("its function is not defined here, or has more than one way out")
    named = body or test
    names = list(named.parameters) if named is not None else [_name_of(part, i) for i, part in enumerate(starts)]
    return _while_of_several(test, body, names, start, sink, site)


def _name_of(start: cst.BaseExpression, index: int) -> str:
    return start.value if isinstance(start, cst.Name) else f"state_{index}"


def _while_of_several(
    test: Body | None, body: Body | None, names: list[str], start: cst.BaseExpression, sink: Sink, site: Site
) -> Made:
    """Each part of the state is a variable."""
    starts = elements_of(start)
    for function in (test, body):
        if function is not None and len(function.parameters) != len(names):
            raise LeftError("its functions take different numbers of arguments")
    if starts is not None and len(starts) != len(names):
        raise LeftError("its functions take another number of arguments than it starts with")
    bodies = [function for function in (test, body) if function is not None]
    chosen = chosen_names(_wanted(sink, len(names)), bodies, names, site.after, site.fresh)
    return _while_with(test, body, State(tuple(chosen), None if starts is None else tuple(starts), start, False), site)


def _while_of_one(test: Body | None, body: Body | None, start: cst.BaseExpression, sink: Sink, site: Site) -> Made:
    """The state stays one variable."""
    known = [function for function in (body, test) if function is not None]
    own = known[0].parameters[0] if known else "state"
    wanted = [sink.name if sink.index is None else None]
    (name,) = chosen_names(wanted, known, [own], site.after, site.fresh)
    return _while_with(test, body, State((name,), None, start, True), site)


def _while_with(test: Body | None, body: Body | None, state: State, site: Site) -> Made:
    """Functions whose bodies cannot stand in the loop are called there."""
    values = [cst.Name(name) for name in state.names]
    inlined: list[str] = []
    lead: list[cst.EmptyLine] = []
    if test is not None and not test.statements:
        test = settled(test, state.names, set(), site.fresh)
        condition = test.result
        lead += test.lead
        inlined.append("test")
    else:
        condition = call(_function(site, "test"), values)
    if body is not None:
        # What the body has for itself must not be what the test reads from outside.
        others = test.reads if test is not None else set[str]()
        body = settled(body, state.names, site.after | others, site.fresh)
        statements = [*body.statements, *state.step(body.result)]
        lead += body.lead
        inlined.append("body")
    else:
        statements = state.step(call(_function(site, "body"), values))
    loop = while_loop(condition, statements)
    return Made([*state.begin(), *led([loop], lead)], state.value(), tuple(inlined))


def _function(site: Site, role: str) -> cst.BaseExpression:
    node = site.functions[role].node
    if not is_function(node):
        raise LeftError("its functions are worked out in the call")
    return _called(node)


def _called(function: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(function, cst.Lambda) and not function.lpar:
        return function.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return function


# for i in range(lower, upper)


def _fori(given: Given, sink: Sink, site: Site) -> Made:
    lower, upper = _argument(given, "lower"), _argument(given, "upper")
    start = _argument(given, "state")
    zero = isinstance(lower, cst.Integer) and lower.evaluated_value == 0
    over = call(site.ours("range"), [upper] if zero else [lower, upper])
    body = site.body("body")
    if body is None:
        function = site.functions["body"].node
        if not is_function(function):
            raise LeftError("its function is worked out in the call")
        head = names_in(over) | names_in(function)
        (name,) = chosen_names([sink.name if sink.index is None else None], [], ["state"], site.after, site.fresh, head)
        index = site.fresh("i", site.after | {name})
        state = State((name,), None, start, True)
        step = state.step(call(_called(function), [cst.Name(index), cst.Name(name)]))
        return Made([*state.begin(), for_loop(cst.Name(index), over, step)], state.value(), ())
    if len(body.parameters) != 2:
        raise LeftError("its function does not take the index and the state")
    return _counted(body, start, over, sink, site)


def _counted(body: Body, start: cst.BaseExpression, over: cst.BaseExpression, sink: Sink, site: Site) -> Made:
    """`for i in over:`, where the body takes what it goes over first, and then the state."""
    parts = split([(body, 1)], start)
    head = names_in(over)  # looked at after the state has its first value
    if parts is None:
        wanted = [sink.name if sink.index is None else None]
        (name,) = chosen_names(wanted, [body], [body.parameters[1]], site.after, site.fresh, head)
        state = State((name,), None, start, True)
    else:
        ((body,), own) = parts
        starts = elements_of(start)
        names = chosen_names(_wanted(sink, len(own)), [body], own, site.after, site.fresh, head)
        state = State(tuple(names), None if starts is None else tuple(starts), start, False)
    item = site.fresh(body.parameters[0], site.after | set(state.names) | body.reads)
    body = settled(body, [item, *state.names], site.after, site.fresh)
    target: cst.BaseAssignTargetExpression = cst.Name(item)
    unpacked = unpacking(body, item)
    if unpacked is not None:
        # `for a, b in over:` instead of `for x in over: a, b = x`.
        target = tuple_of([cst.Name(name) for name in unpacked])
        body = replace(body, statements=body.statements[1:])
    loop = for_loop(target, over, [*body.statements, *state.step(body.result)])
    return Made([*state.begin(), *led([loop], body.lead)], state.value(), ("body",))


# scan


def _scan(given: Given, sink: Sink, site: Site) -> Made:
    """`carry, ys = scan(body, start, over)`: `ys` are collected in a list, and stacked."""
    start = _argument(given, "state")
    body = site.body("body")
    if body is None or len(body.parameters) != 2:
        raise LeftError("its function is not defined here, or takes other arguments than the state and an element")
    results = elements_of(body.result)
    if results is None or len(results) != 2:
        raise LeftError("its function does not return the state and a value")
    body = replace(body, parameters=(body.parameters[1], body.parameters[0]), result=results[0])
    value = results[1]
    over, body = _elements(given, body, site)
    kept = not (isinstance(value, cst.Name) and value.value == "None")
    pair = _pair(sink)
    # The values are told in the body's names: they go through the same renaming, as a last statement would.
    marker = site.fresh("collected", site.after)
    if kept:
        own = pair[1] if pair[1] not in (None, "_") else "outputs"
        assert own is not None
        taken = body.reads | set(body.parameters) | body.locals | names_in(over) | names_in(start)
        collected = own if own == pair[1] and own not in taken else site.fresh("outputs", site.after | taken)
        append = call(cst.Attribute(cst.Name(marker), cst.Name("append")), [value])
        body = replace(body, statements=(*body.statements, expression(append)))
    else:
        collected = ""
    first = Sink("assign", cst.Name(pair[0])) if pair[0] not in (None, "_") else Sink("return")
    carry = (
        sink.target.elements[0].value if isinstance(sink.target, cst.Tuple) and len(sink.target.elements) == 2 else None
    )
    if isinstance(carry, cst.Tuple) and sink.index is None:
        first = Sink("assign", carry)
    made = _counted(body, start, over, first, replace(site, after=site.after | {collected}))
    statements = list(made.statements)
    if not kept:
        return Made(statements, tuple_of([made.value, cst.Name("None")], brackets=True), made.inlined)
    renamed = [s.visit(_Swap(marker, collected)) for s in statements]
    statements = [assign(cst.Name(collected), cst.List([])), *(s for s in renamed if isinstance(s, cst.BaseStatement))]
    statements = led(statements, []) if statements else statements
    stacked = call(site.ours("xp.stack"), [cst.Name(collected)])
    return Made(statements, tuple_of([made.value, stacked], brackets=True), made.inlined)


class _Swap(cst.CSTTransformer):
    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self.old, self.new = old, new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        return updated_node.with_changes(value=self.new) if original_node.value == self.old else updated_node


def _elements(given: Given, body: Body, site: Site) -> tuple[cst.BaseExpression, Body]:
    """What a `scan` goes over. A tuple of several is gone through side by side."""
    over = given.get("over")
    if over is None or (isinstance(over, cst.Name) and over.value == "None"):
        length = given.get("length")
        if length is None:
            raise LeftError("what it goes over is not given")
        return call(site.ours("range"), [length]), body
    several = elements_of(over)
    if several is None:
        unpacks = any(
            body.parameters[0] in names_in(s) and _is_unpacking(s, body.parameters[0]) for s in body.statements
        )
        if unpacks:
            raise LeftError("its elements are taken apart, and whether they are rows or several tensors cannot be told")
        return over, body
    return call(site.ours("zip"), several), body


def _pair(sink: Sink) -> list[str | None]:
    """The names that the state and the values are given, where they are given one each."""
    if not isinstance(sink.target, cst.Tuple) or len(sink.target.elements) != 2 or sink.index is not None:
        return [None, None]
    parts = [element.value for element in sink.target.elements]
    return [part.value if isinstance(part, cst.Name) else None for part in parts]


def _is_unpacking(statement: cst.BaseStatement, name: str) -> bool:
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple())], value=cst.Name(value=value))]
        ):
            return value == name
        case _:
            return False


# fold, map


def _fold(form: str, given: Given, sink: Sink, site: Site) -> Made:
    """`foldl(f, over, start)` with `f(state, element)`; "running" keeps the states, and stacks them."""
    over, start = _argument(given, "over"), _argument(given, "state")
    body = site.body("body")
    if body is None or len(body.parameters) != 2:
        raise LeftError("its function is not defined here, or takes other arguments than the state and an element")
    body = replace(body, parameters=(body.parameters[1], body.parameters[0]))
    if form == "fold":
        return _counted(body, start, over, sink, site)
    taken = body.reads | set(body.parameters) | body.locals | names_in(over) | names_in(start)
    collected = site.fresh("outputs", site.after | taken)
    made = _counted(body, start, over, Sink("return"), replace(site, after=site.after | {collected}))
    *before, loop = made.statements
    assert isinstance(loop, cst.For)
    append = expression(call(cst.Attribute(cst.Name(collected), cst.Name("append")), [made.value]))
    loop = loop.with_changes(body=loop.body.with_changes(body=[*loop.body.body, append]))
    statements = [assign(cst.Name(collected), cst.List([])), *before, loop]
    return Made(statements, call(site.ours("xp.stack"), [cst.Name(collected)]), made.inlined)


def _map(given: Given, site: Site) -> Made:
    """`map(f, over)` -> `xp.stack([f(x) for x in over])`."""
    over = _argument(given, "over")
    several = elements_of(over)
    body, function = site.body("body"), site.functions["body"].node
    inlined: Sequence[str] = ()
    if body is not None and not body.statements and len(body.parameters) == 1 and several is None:
        name, element = body.parameters[0], body.result
        element = in_brackets(element) if isinstance(element, cst.Tuple) else element
        inlined = ("body",)
    elif is_function(function):
        name = site.fresh("x", site.after | names_in(function))
        element = cst.Call(_called(function), [cst.Arg(cst.Name(name))])
        if several is not None and body is not None and len(body.parameters) == 1:
            over = call(site.ours("zip"), several)
    else:
        raise LeftError("its function is worked out in the call")
    part = cst.CompFor(cst.Name(name), over)
    return Made([], call(site.ours("xp.stack"), [cst.ListComp(element, part)]), tuple(inlined))
