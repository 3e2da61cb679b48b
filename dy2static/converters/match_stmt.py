"""`match`: written out as `if` and `elif`."""

import ast
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from dy2static.analysis.survey import children
from dy2static.converters.build import (
    Place,
    assign,
    call,
    constant,
    load,
    position,
    set_name,
    store,
    thunk,
    tuple_of,
    values_tuple,
)
from dy2static.converters.context import ConvertContext
from dy2static.converters.desugar import in_blocks


def convert(function: ast.FunctionDef, ctx: ConvertContext) -> ast.FunctionDef:
    """`match x: case 1: a; case [y] if y: b` -> `if x == 1: a`, `else: is_case, found = _rt.match_(x, ...); if ...`.

    Values are compared in the test itself; other patterns are left to the runtime, which gives back what they capture.
    """
    function.body = in_blocks(function.body, _Matches(ctx).replace)
    return function


class _Matches:
    def __init__(self, ctx: ConvertContext) -> None:
        self.ctx = ctx
        self.count = itertools.count()

    def replace(self, statement: ast.stmt) -> list[ast.stmt]:
        if not isinstance(statement, ast.Match):
            return [statement]
        bound = {name for case in statement.cases for name in captures(case.pattern)}
        subject = statement.subject
        if isinstance(subject, ast.Name) and subject.id not in bound:
            return self.cases(statement.cases, subject.id) or [ast.Pass(**position(statement))]
        name = self.ctx.names.fresh("subject", next(self.count))
        return [set_name(name, subject, subject), *self.cases(statement.cases, name)]

    def cases(self, cases: Sequence[ast.match_case], subject: str) -> list[ast.stmt]:
        if not cases:
            return []
        case, *others = cases
        at = case.pattern
        test = self.simple_test(case.pattern, subject)
        start: list[ast.stmt] = []
        if test is None:
            test, start = self.structural(case, subject)
        elif isinstance(case.pattern, ast.MatchAs) and case.pattern.name is not None:
            start = [set_name(case.pattern.name, load(subject, at), at)]
            test = case.guard or test
        elif case.guard is not None:
            always = isinstance(test, ast.Constant)
            test = case.guard if always else ast.BoolOp(ast.And(), [test, case.guard], **position(at))
        if isinstance(test, ast.Constant):
            return [*start, *case.body]
        return [*start, ast.If(test, case.body, self.cases(others, subject), **position(at))]

    def simple_test(self, pattern: ast.pattern, subject: str) -> ast.expr | None:
        """The test of a pattern that only compares, True for one that takes anything; None for others."""
        match pattern:
            case ast.MatchValue(value=value):
                return ast.Compare(load(subject, pattern), [ast.Eq()], [value], **position(pattern))
            case ast.MatchSingleton(value=value):
                return ast.Compare(load(subject, pattern), [ast.Is()], [constant(value, pattern)], **position(pattern))
            case ast.MatchOr(patterns=patterns):
                tests = [self.simple_test(part, subject) for part in patterns]
                found = [test for test in tests if isinstance(test, ast.Compare)]
                return ast.BoolOp(ast.Or(), [*found], **position(pattern)) if len(found) == len(tests) else None
            case ast.MatchAs(pattern=None):
                return constant(True, pattern)
            case _:
                return None

    def structural(self, case: ast.match_case, subject: str) -> tuple[ast.expr, list[ast.stmt]]:
        """The name of the test of a pattern, and the statements that make it and bind what the pattern captures."""
        at = case.pattern
        runtime = self.ctx.runtime
        number = next(self.count)
        is_case, found = (self.ctx.names.fresh(base, number) for base in ("is_case", "found"))
        names = list(dict.fromkeys(captures(case.pattern)))
        arguments = [load(subject, at), self.description(case.pattern), values_tuple(names, at)]
        targets: list[ast.expr] = [store(is_case, at), store(found, at)]
        value = call(runtime, "match_", arguments, at)
        done: list[ast.stmt] = [assign(ast.Tuple(targets, ast.Store(), **position(at)), value, at)]
        if not names and case.guard is not None:
            return ast.BoolOp(ast.And(), [load(is_case, at), case.guard], **position(at)), done
        if not names:
            return load(is_case, at), done
        targets = [store(name, at) for name in names]
        taken = call(runtime, "captured", [load(found, at)], at)
        body: list[ast.stmt] = [assign(ast.Tuple(targets, ast.Store(), **position(at)), taken, at)]
        if case.guard is None:
            case.body = [*body, *case.body]
            return load(is_case, at), done
        # What a pattern has bound stays bound when the guard says no.
        body.append(set_name(is_case, truth_of(case.guard), case.guard))
        return load(is_case, at), [*done, ast.If(load(is_case, at), body, [], **position(at))]

    def description(self, pattern: ast.pattern) -> ast.expr:
        """A pattern as the runtime reads it: a tuple whose first part says what it is."""
        at = position(pattern)

        def made(kind: str, *parts: ast.expr) -> ast.expr:
            return constant_or_tuple([constant(kind, at), *parts], at)

        def all_of(patterns: Sequence[ast.pattern]) -> ast.expr:
            return constant_or_tuple([self.description(part) for part in patterns], at)

        match pattern:
            case ast.MatchValue(value=value):
                return made("value", constant_or_thunk(value))
            case ast.MatchSingleton(value=value):
                return made("is", constant(value, at))
            case ast.MatchSequence(patterns=patterns):
                return made("sequence", all_of(patterns))
            case ast.MatchStar(name=name):
                return made("star", constant(name, at))
            case ast.MatchMapping(keys=keys, patterns=patterns, rest=rest):
                every = constant_or_tuple([constant_or_thunk(key) for key in keys], at)
                return made("mapping", every, all_of(patterns), constant(rest, at))
            case ast.MatchClass(cls=cls, patterns=patterns, kwd_attrs=names, kwd_patterns=named):
                return made("class", thunk(cls, cls), all_of(patterns), values_tuple(names, at), all_of(named))
            case ast.MatchAs(pattern=None, name=name):
                return made("capture", constant(name, at))
            case ast.MatchAs(pattern=inner, name=name):
                assert inner is not None
                return made("as", self.description(inner), constant(name, at))
            case ast.MatchOr(patterns=patterns):
                return made("or", all_of(patterns))
            case _:
                raise AssertionError(ast.dump(pattern))


def constant_or_thunk(value: ast.expr) -> ast.expr:
    """A value that is written out, or `lambda: value`."""
    return value if isinstance(value, ast.Constant) else thunk(value, value)


def constant_or_tuple(parts: Sequence[ast.expr], at: Place) -> ast.expr:
    """A tuple; one constant where all its parts are."""
    values: list[Any] = [part.value for part in parts if isinstance(part, ast.Constant)]
    return values_tuple(values, at) if len(values) == len(parts) else tuple_of(parts, at)


def captures(pattern: ast.pattern) -> Iterator[str]:
    """The names that a pattern binds."""
    name = pattern.rest if isinstance(pattern, ast.MatchMapping) else getattr(pattern, "name", None)
    if name is not None:
        yield name
    for part in children(pattern):
        if isinstance(part, ast.pattern):
            yield from captures(part)


def truth_of(test: ast.expr) -> ast.expr:
    """A test as a value that can be merged with False."""
    if isinstance(test, ast.Compare) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        return test
    negated = ast.UnaryOp(ast.Not(), test, **position(test))
    return ast.UnaryOp(ast.Not(), negated, **position(test))
