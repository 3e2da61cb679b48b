"""Every kind of value that a graph knows only when it runs, in every use that Python has for a value.

A use gives what plain Python gives, fails as it does, or is refused by an error of ours: nothing else.
"""

import linecache
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from support.differential import REFUSALS

VALUES = {
    "int": "int(x * 2)",
    "bool": "bool(x > 0)",
    "float": "float(x)",
    "0-d": "x",
    "0-d bool": "x > 0",
    "0-d int": "xp.argmax(v)",
    "vector": "v",
    "None, or a tensor": "None if x > -9 else v",
    "a tensor, or None": "None if x > 9 else x",
    "None, or an int": "None if x > -9 else int(x)",
    "an int, or None": "None if x > 9 else int(x)",
    "None, or a list": "None if x > -9 else [x]",
    "a list, or None": "None if x > 9 else [x]",
    "one of two texts": "'a' if x > 9 else 'bc'",
    "one of two functions": "abs if x > 9 else len",
    "list that grows": "[v[i] for i in range(int(x) + 1)]",
    "list": "[x] if x > 0 else [-x]",
    "tuple": "(x, 2) if x > 0 else (x, 3)",
    "dict": "{'a': x} if x > 0 else {'a': -x}",
    "text": "f'{x}'",
}
USES = (
    *("len(a)", "a[0]", "a[0:1]", "a[::-1]", "a()", "-a", "+a", "~a", "abs(a)", "not a", "a and 5", "a or 5"),
    *("round(a)", "round(a, 1)", "int(a)", "float(a)", "complex(a)", "bool(a)", "divmod(a, 2)", "pow(a, 2)", "2**a"),
    *("str(a)", "repr(a)", "f'{a}'", "f'{a!r}'", "f'{a:.2f}'", "f'{a:d}'", "'%s' % (a,)", "len(str(a))", "print(a)"),
    *("[*a]", "(*a, 1)", "[i for i in a]", "list(a)", "tuple(a)", "set(a)", "dict(a)", "sorted(a)", "sum(a)"),
    *("min(a)", "max(a)", "max(a, 1)", "min(1, a)", "any(a)", "all(a)", "sum(a, 1)", "list(enumerate(a))"),
    *("list(zip(a, a))", "list(reversed(a))", "list(map(str, a))", "list(filter(None, a))", "iter(a) and 1"),
    *(
        "math.sqrt(a)",
        "math.floor(a)",
        "math.isfinite(a)",
        "bin(a)",
        "chr(a)",
        "ord(a)",
        "hash(a) and 1",
        "id(a) and 1",
    ),
    *("[1] * a", "'a' * a", "[5, 6, 7, 8][a]", "[5, 6, 7, 8][a:]", "v[a]", "v[:a]", "range(a) and 1", "slice(a) and 1"),
    *("isinstance(a, int)", "isinstance(a, float)", "isinstance(a, list | str)", "isinstance(a, xp.Tensor)"),
    *("type(a).__name__", "a.__class__.__name__", "callable(a)", "hasattr(a, 'shape')", "hasattr(a, 'append')"),
    *("getattr(a, 'nope', 3)", "a.nope", "a.shape", "a.dtype", "a.ndim", "a.T", "a.sum()", "a.item()", "a.tolist()"),
    *(
        "a.real",
        "a.imag",
        "a.conjugate()",
        "a.numerator",
        "a.is_integer()",
        "a.bit_length()",
        "a.copy()",
        "a.astype(int)",
    ),
    *("a.upper()", "a.append(1)", "a.pop()", "a.keys()", "a.count(1)", "a.index(1)", "a['a']", "{a: 1}", "{1: a}[1]"),
    *("a is None", "a is not None", "a == None", "a == a", "a != a", "a is a", "a in (1, 2)", "1 in a", "a in [a]"),
    *("1 if a else 2", "bytes(a)", "xp.sin(a)", "np.sin(a)", "xp.asarray(a)", "xp.zeros(a)", "xp.stack([a, a])"),
    *("xp.where(a, 1, 2)", "xp.sum(a)", "xp.relu(a)", "xp.equal(a, 1)", "(a,)", "[a, 1]", "(lambda: a)()"),
)
OPERATORS = ("+", "-", "*", "/", "//", "**", "&", "<<", "<", ">=", "==", "!=", "in", "+=", "-=")
OTHERS = ("2", "None", "[1]", "'a'", "v", *(VALUES[kind] for kind in ("int", "a tensor, or None", "None, or an int")))
KNOWN = {
    # a bool on one path and an int on another are an int; of a list's items, and of a tuple's, one type
    *(("bool", use) for use in ("a or 5", "max(a, 1)")),
    *(("tuple", use) for use in ("sorted(a)", "list(filter(None, a))")),
    *(("list that grows", use) for use in ("+ [1]", "+= [1]")),
    *((kind, "np.sin(a)") for kind in VALUES),  # NumPy's scalars are tensors
    # a bool as the end of a slice, or as a size
    *(("bool", use) for use in ("v[:a]", "xp.zeros(a)")),
    # what may be None as an index that may be a new axis, or as the end of a slice
    *((kind, use) for kind in VALUES if "None" in kind for use in ("[5, 6, 7, 8][a:]", "v[a]", "v[:a]")),
    # errors of shapes and dtypes are raised where the line is staged, also of what may be None when it runs
    *(("None, or a tensor", use) for use in ("not a", "a and 5", "a or 5", "bool(a)", "1 if a else 2", "a.item()")),
    *(("None, or a tensor", use) for use in ("max(a, 1)", "min(1, a)")),
    ("float", "v[a]"),
    # an attribute of a value that the graph chooses
    ("one of two texts", "a.__class__.__name__"),
    ("one of two functions", "a.__class__.__name__"),
}
"""Differences that are left."""


def _defined(body: str, key: str) -> Callable[..., Any]:
    source = f"def f(x, v):\n{body}"
    file = f"<use of {key}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    scope: dict[str, Any] = {"xp": xp, "np": np, "math": math}
    exec(compile(source, file, "exec"), scope)
    return scope["f"]


def _outcome(function: Callable[..., Any]) -> tuple[str, Exception | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # `~` of a bool
        try:
            return repr(function(xp.asarray(1.5), xp.asarray([1.0, 2.0, 3.0]))), None
        except Exception as error:
            return "", error


def _difference(body: str, key: str) -> str:
    function = _defined(body, key)
    (expected, error), (found, raised) = _outcome(function), _outcome(to_static(function))
    if isinstance(raised, REFUSALS):
        return ""
    if error is not None and raised is not None:
        is_alike = isinstance(raised, type(error)) or isinstance(error, type(raised))
        return "" if is_alike else f"{key}: {error!r}, static {raised!r}"
    if error is not None or raised is not None or not _are_alike(expected, found):
        return f"{key}: {error or expected!r}, static {raised or found!r}"
    return ""


def _are_alike(expected: str, found: str) -> bool:
    """The same, but for what adapts: a number where a tensor could be, a NumPy array where there are tensors."""
    for name in ("tensor(", "array(", "np.float64("):
        expected, found = (text.replace(name, "(") for text in (expected, found))
    bare = "".join(c for c in expected if c not in "( )\n"), "".join(c for c in found if c not in "( )\n")
    return bare[0] == bare[1] or bare[0].rstrip(".0") == bare[1].rstrip(".0")


@pytest.mark.parametrize("kind", VALUES)
def test_a_use_gives_what_python_gives(kind: str) -> None:
    bodies = {use: f"    a = {VALUES[kind]}\n    r = {use}\n    return r\n" for use in USES if (kind, use) not in KNOWN}
    assert [found for use, body in bodies.items() if (found := _difference(body, f"{kind}: {use}"))] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", VALUES)
def test_an_operator_gives_what_python_gives(kind: str) -> None:
    differences: list[str] = []
    for operator in OPERATORS:
        for other in OTHERS:
            is_in_place = operator.endswith("=") and operator not in ("==", "!=", ">=")
            if (kind, f"{operator} {other}") in KNOWN:
                continue
            line = f"a {operator} b\n    r = a" if is_in_place else f"r = a {operator} b"
            body = f"    a = {VALUES[kind]}\n    b = {other}\n    {line}\n    return r\n"
            differences.append(_difference(body, f"{kind}: {operator} {other}"))
    assert [found for found in differences if found] == []
