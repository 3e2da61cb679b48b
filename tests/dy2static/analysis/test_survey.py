"""Scopes, as the compiler itself sees them."""

import ast
import symtable

import pytest

from dy2static.analysis.survey import Scope, survey

# Names of comprehensions begin with q: some versions of Python put them into the function around.
SCOPES = [
    "def f(a, /, b=1, *c, d, **e):\n    return g",
    "def f(a):\n    b, (c, *d) = a\n    [q for q in b]\n    for g.x, h[i] in c: pass\n    return d",
    "def f(a):\n    def b(c=a):\n        return a, c, d\n    d = 1\n    return lambda e: e + b(d)",
    "def f(a):\n    import b.c, d as e\n    from g import h as i, j\n    k = a",
    "def f(a):\n    [(b := q) for q in a]\n    return (d for q in a if q < b)",
    "def f(a):\n    global b\n    def c():\n        nonlocal a\n        a = b\n    return c",
    "def f(a):\n    b: int = 1\n    c: d\n    a.e: g = 2\n    a.h += 1\n    i += 1",
    "def f(a):\n    return [[lambda: (q1, q, a) for q1 in q] for q in a]",
    "def f(a):\n    return {q: q1 for q, q1 in a}, {q for q in d}, lambda *b, **c: (b, c, d)",
    "def f(a):\n    def f(b):\n        return f, a\n    return f",
]


@pytest.mark.parametrize("source", SCOPES)
def test_locals_are_the_compilers(source: str) -> None:
    scope = scope_of(source)
    table = symtable.symtable(source, "<test>", "exec").get_children()[0]
    expected = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_local()}
    found = {name for name in scope.bound if scope.is_local(name)}
    assert found == {name for name in expected if not name.startswith("q")}


def scope_of(source: str) -> Scope:
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    return survey(function).scope


@pytest.mark.parametrize(
    ("source", "captured"),
    [
        ("def f(a):\n    return [a for _ in a]", ""),
        ("def f(a):\n    return (a for _ in a)", "a"),
        ("def f(a):\n    return (b for b in a)", ""),
        ("def f(a):\n    return lambda b=a: b", ""),
        ("def f(a, b):\n    return lambda: lambda: b", "b"),
        ("def f(a):\n    return [lambda: b for b in a]", ""),
        ("def f(a):\n    def g(): return g, a\n    return g", "ag"),
    ],
)
def test_captured(source: str, captured: str) -> None:
    assert "".join(sorted(scope_of(source).captured())) == captured


def test_order_of_binding() -> None:
    assert list(scope_of("def f(b, a):\n    d = 1\n    c = d\n    d = 2").bound) == ["b", "a", "d", "c"]
