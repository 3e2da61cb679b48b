"""Which names constructs carry, and which reads may find a name unbound."""

import ast

import pytest

from dy2static.analysis.facts import Carried, Flow
from dy2static.analysis.flow import analyse
from dy2static.analysis.survey import survey


def flow_of(body: str, parameters: str = "a, b") -> tuple[Flow, ast.FunctionDef]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    function = ast.parse(f"def f({parameters}):\n{lines}").body[0]
    assert isinstance(function, ast.FunctionDef)
    return analyse(function.body, survey(function).scope), function


def carried(body: str) -> list[Carried]:
    """What each construct carries, in the order of the text."""
    flow, function = flow_of(body)
    found = [node for node in ast.walk(function) if isinstance(node, ast.If | ast.While | ast.For)]
    return [flow.carried[node] for node in sorted(found, key=lambda node: node.lineno)]


@pytest.mark.parametrize(
    ("body", "inputs", "outputs"),
    [
        ("if a:\n    c = 1\nelse:\n    c = 2\nreturn c", "", "c"),
        ("if a:\n    c = 1\nreturn b", "", ""),
        ("if a:\n    b = 1\nreturn b", "b", "b"),
        ("if a:\n    b = b + 1\n    c = b\nreturn c", "bc", "c"),
        ("if a:\n    a = b\n    b = a\nreturn b", "b", "b"),
        ("if a:\n    b += 1\nelse:\n    c = 1\n", "b", ""),
        ("if (c := a):\n    c = b\nreturn c", "c", "c"),
        ("c = lambda: b\nif a:\n    b = 1\nreturn c", "b", "b"),
        ("if a:\n    b = [b for b in a]\nreturn b", "b", "b"),
        ("if a:\n    raise b\nelse:\n    b = 1\nreturn b", "b", "b"),
        ("while a:\n    a = b\nreturn 1", "a", "a"),
        ("while a:\n    c = a\n    a = c\nreturn 1", "a", "a"),
        ("while a:\n    c = a\n    a = c\nreturn c", "ac", "ac"),
        ("while b:\n    a = b\nreturn 1", "", ""),
        ("while a:\n    b = b + 1\n    a = b", "ab", "ab"),
        ("for a in b:\n    pass\nreturn 1", "", ""),
        ("for a in b:\n    pass\nreturn a", "a", "a"),
        ("for c in a:\n    b = b + c\nreturn b", "b", "b"),
        ("for c, d in a:\n    e = c\nreturn b", "", ""),
        ("for a[b] in a:\n    b = 1\nreturn a", "b", "b"),
        ("for c in a:\n    b = True\n    if b:\n        break", "b", "b"),
    ],
)
def test_carried_names(body: str, inputs: str, outputs: str) -> None:
    found = carried(body)[0]
    assert ("".join(sorted(found.inputs)), "".join(sorted(found.outputs))) == (inputs, outputs)


def test_carried_through_nesting() -> None:
    outer, inner, branch = carried(
        "for i in a:\n    t = 0\n    while t < b:\n        if i:\n            b = b - 1\n        t = t + 1\nreturn b"
    )
    assert outer.inputs == outer.outputs == ("b",)
    assert set(inner.inputs) == {"b", "t"}
    assert branch.inputs == branch.outputs == ("b",)


def test_what_goes_out_comes_in_first() -> None:
    (branch,) = carried("b = d = 1\nif a:\n    c = b\n    b = c + 1\n    d = b\nreturn d")
    assert (branch.inputs, branch.outputs) == (("d", "b"), ("d",))


def test_shared_names_are_those_that_a_function_inside_reads() -> None:
    (branch,) = carried("b = d = 1\nif a:\n    d = b = 2\nreturn lambda: d")
    assert branch.shared == ("d",)


@pytest.mark.parametrize(
    ("body", "reads", "undefined"),
    [
        ("c = 1\nreturn c", "", ""),
        ("return c\nc = 1", "c", "c"),
        ("if a:\n    c = 1\nreturn c", "c", "c"),
        ("if a:\n    c = 1\nreturn b", "", ""),
        ("for c in a:\n    pass\nreturn c", "c", "c"),
        ("while a:\n    c = 1\n    a = c\nreturn 1", "", ""),
        ("while a:\n    c = 1\n    print(c)\nreturn c", "c", "c"),
        ("c += 1", "c", "c"),
        ("if a:\n    c = 1\ng = lambda: c\nreturn g", "c", "c"),
        ("c = [1 for _ in a if (d := a)]\nreturn d", "d", "d"),
        ("g = lambda: c\nreturn g\nc = 1", "", ""),
        ("def g():\n    return c\nif a:\n    c = 1", "c", "c"),
    ],
)
def test_unbound_reads(body: str, reads: str, undefined: str) -> None:
    flow, _ = flow_of(body)
    assert "".join(sorted(load.id for load in flow.unbound_reads)) == reads
    assert "".join(sorted(flow.undefined)) == undefined


def test_late_reads_are_those_of_functions_inside() -> None:
    flow, _ = flow_of("if a:\n    c = 1\ng = lambda: c\nreturn [i for i in c], g")
    late = {load.lineno for load in flow.late_reads}
    assert late == {4}
    assert {load.lineno for load in flow.unbound_reads} == {4, 5}


def test_names_in_unreachable_code_stay_local() -> None:
    # As `converters.jumps` leaves it: the binding is gone from the tree, but not from the scope.
    function = ast.parse("def f(a):\n    g = lambda: c\n    return g\n    c = 1").body[0]
    assert isinstance(function, ast.FunctionDef)
    scope = survey(function).scope
    assert analyse(function.body[:2], scope).undefined == ("c",)


@pytest.mark.parametrize(
    ("body", "names", "watched"),
    [
        ("try:\n    c = a\nexcept b:\n    c = 1\nreturn c", "c", ""),
        ("try:\n    c = a\n    d = c\nexcept b:\n    d = 1\nreturn d", "cd", ""),
        ("try:\n    c = a\nexcept b:\n    pass\nreturn c", "c", "c"),
        ("try:\n    c = a\nexcept b:\n    print(c)\nreturn 1", "c", "c"),
        ("try:\n    c = a\nexcept b:\n    raise\nreturn c", "c", ""),
        ("try:\n    c = a\nfinally:\n    print(c)\nreturn 1", "c", "c"),
        ("try:\n    c = a\nexcept b as e:\n    print(e)\nreturn 1", "", ""),
        ("with a as c:\n    d = c\nreturn d", "d", "d"),
        ("with a as c:\n    d = c\n    b = d\nreturn b", "bd", "b"),
        ("with a as c:\n    d = c\n    b = c\nreturn b", "bc", "b"),
        ("while a:\n    try:\n        b += 1\n    except a:\n        continue\nreturn 1", "b", "b"),
    ],
)
def test_blocks_that_an_exception_may_leave(body: str, names: str, watched: str) -> None:
    flow, function = flow_of(body)
    (found,) = (flow.carried[node] for node in ast.walk(function) if isinstance(node, ast.Try | ast.With))
    assert found.inputs == found.outputs
    assert ("".join(found.outputs), "".join(found.watched)) == (names, watched)
    assert flow.captured >= frozenset(names)


@pytest.mark.parametrize(
    ("body", "unbound"),
    [
        ("del a\nreturn a", "a"),
        ("if b:\n    del a\nreturn a", "a"),
        ("while b:\n    c = a\n    del a\nreturn b", "aa"),
        ("c = 1\ndel c\nc = 2\nreturn c", ""),
        ("del c", "c"),
        ("try:\n    c = a\nexcept b:\n    pass\nreturn c", "c"),
        ("try:\n    c = a\nexcept b:\n    c = 1\nreturn c", ""),
        ("try:\n    pass\nexcept b as c:\n    c\nreturn c", "c"),
        ("with a:\n    c = 1\nreturn c", "c"),
    ],
)
def test_names_that_are_unbound_again(body: str, unbound: str) -> None:
    flow, _ = flow_of(body)
    assert "".join(sorted(load.id for load in flow.unbound_reads)) == unbound
