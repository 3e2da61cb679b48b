"""Finding the source of exactly the function that was given."""

import dataclasses
import functools
import linecache
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from dy2static.errors import ConversionError, SourceUnavailableError
from dy2static.source.convert import convert_function
from dy2static.source.load import NOT_ALONE, has_source, load
from dy2static.source.mangling import class_of
from support.defining import define
from support.golden import assert_golden
from support.python_runtime import run_on_python


def test_lines_and_columns_are_those_of_the_file() -> None:
    text = "import math\n\n\nclass A:\n    @staticmethod\n    def f(x):  # first\n\n        return (\n            x)\n"
    source, node = load(define(text, "A").f)
    assert (source.first_line, node.lineno, node.col_offset) == (6, 6, 4)
    assert source.text == "def f(x):  # first\n\n    return (\n        x)\n"
    returned = node.body[0]
    assert (returned.lineno, returned.value.lineno, returned.value.col_offset) == (8, 9, 12)


def test_text_inside_strings_is_not_moved() -> None:
    text = 'class A:\n    def f(self):\n        return """a\n  b\n        c"""\n'
    f = define(text, "A").f
    assert load(f)[0].text == 'def f(self):\n    return """a\n  b\n    c"""\n'
    assert run_on_python(f)(None) == f(None) == "a\n  b\n        c"


ODD_LAYOUTS = [
    "def f(x,\n      y=2\n):\n    return x, y\n",
    'def f(x):\n    s = """\nat the margin\n"""\n    return s, x\n',
    "def f(x):\n# comment at the margin\n    y = [\nx\n]\n    return y\n",
    "def f(x): return x + 1\ny = 2\n",
    "def f(x):\n    y = x + \\\n1\n    return y\n\n\n# comment\ny = 2\n",
    "if True:\n\tdef f(x):\n\t\tif x:\n\t\t\treturn 1\n\t\treturn 2\n",
    "@(\n  lambda f:\n  f\n)\ndef f(x):\n    return x\n",
    "@id_\n@id_\n\ndef f(x):\n    return x",
    "async def g(): pass\nif 1:\n    for f in []: pass\n    def f(x): return [x, 'é', x if x else x]\n",
    "x = 1; \ndef f(x):\n    return x\n",
    "def f(x):\n    return x\n" * 2,
    "def f(é):\n    'ü'; return é if é else -é\n",
    "def f(x):\r\n    if x:\r\n        return 1\r\n    return 2\r\n",
    "def f(x):\n    if x:\n        return 1\f\n\n    return 2\n",
]


@pytest.mark.parametrize("text", ODD_LAYOUTS)
def test_odd_layouts(text: str) -> None:
    f = define(text, id_=lambda f: f)
    for x in (0, 3):
        assert run_on_python(f)(x) == f(x)


LAMBDAS = [
    "f = lambda x: x + 1; g = lambda x: x + 2",
    "f, g = (lambda x: x + 1), (lambda x: x + 2)",
    "f, g = [lambda x: x * 10 + y for y in (1, 2)]",
    "f = lambda x: (lambda y: y if y else x)(x - 1)\ng = (lambda x: lambda y: [x, y])(5)",
    "f = (\n    lambda x: x\n    if x else\n    -1)\ng = f",
    "f, g = (lambda x, y=(lambda: 7): x + y()), lambda x, *a, b=1, **c: [x, a, b, c]",
    "f = dict(key=lambda x: x and 1, other=lambda x: x or 2)\nf, g = f['key'], f['other']",
    "f = lambda x: 'é' + str(x); g = lambda x: 'ü' + str(x)",
    "f, g = (lambda x: 1), (lambda x: 2)",
    "f, g = (lambda x: None), (lambda x: ())",
    "class A:\n    f, g = (lambda x: x), (lambda self: self.__b if 0 else 1)\nf, g = A.f, A.g",
]


@pytest.mark.parametrize("text", LAMBDAS)
def test_lambdas_are_told_apart(text: str) -> None:
    f, g = define(text + "\nboth = f, g", "both")
    for function in (f, g):
        for x in (0, 3):
            expected, found = function(x), run_on_python(function)(x)
            assert found == expected or isinstance(found, FunctionType)


WITHOUT_COLUMNS = """
import ast
from dy2static.errors import SourceUnavailableError
from dy2static.source.load import load

def make(y):
    return (lambda x: x), (lambda x: -x), (lambda x, y: x), (lambda x: x + y), (lambda x: x - y)

one, negative, two, *closures = make(1)
assert list(one.__code__.co_positions())[-1][2] is None
print(*[ast.unparse(load(f)[1]) for f in (one, negative, two)], sep=", ")
for f in closures:
    try:
        load(f)
    except SourceUnavailableError as error:
        print(error.what)
"""


def test_lambdas_without_columns(tmp_path: Path) -> None:
    path = tmp_path / "user.py"
    path.write_text(WITHOUT_COLUMNS)
    command = [sys.executable, "-X", "no_debug_ranges", str(path)]
    root = Path(__file__).resolve().parents[3]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    first, *others = found.stdout.splitlines()
    assert first == "lambda x: x, lambda x: -x, lambda x, y: x"
    assert [line.partition(": ")[2] for line in others] == [NOT_ALONE + "."] * 2


def test_a_wrapper_is_loaded_itself() -> None:
    def inner(x: int) -> int:
        return x + 1

    @functools.wraps(inner)
    def wrapper(*args: Any) -> Any:
        return inner(*args) if args else "wrapper"

    assert run_on_python(wrapper)() == "wrapper"
    assert run_on_python(wrapper)(2) == 3


@pytest.mark.parametrize(
    ("qualname", "expected"),
    [
        ("f", None),
        ("C.f", "C"),
        ("A.B.f", "B"),
        ("f.<locals>.g", None),
        ("C.f.<locals>.g.<locals>.<lambda>", "C"),
        ("f.<locals>.C.g", "C"),
        ("C.f.<locals>.D.g.<locals>.h", "D"),
    ],
)
def test_class_of(qualname: str, expected: str | None) -> None:
    assert class_of(qualname) == expected


def test_private_names_of_a_class_with_underscores() -> None:
    text = "class __A:\n    def f(self):\n        self.__x = 1\n        return self.__x, self.__y__\n"
    f = define(text, "__A").f

    class Box:
        __y__ = 2

    assert run_on_python(f)(Box()) == f(Box()) == (1, 2)


def message(error: pytest.ExceptionInfo[Exception]) -> str:
    return f"{error.typename}: {error.value}"


def test_exec_without_source() -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def f(x):\n    return x", "<string>", "exec"), namespace)
    with pytest.raises(SourceUnavailableError) as error:
        convert_function(namespace["f"])
    assert_golden("source/no_source.txt", message(error))


def test_file_that_changed() -> None:
    f = define("def f(x):\n    return x\n", file="model.py")
    changed = "# a new first line\ndef g(x):\n    return -x\n"
    linecache.cache["model.py"] = (len(changed), None, changed.splitlines(keepends=True), "model.py")
    with pytest.raises(SourceUnavailableError) as error:
        convert_function(f)
    assert_golden("source/changed.txt", message(error))


@pytest.mark.parametrize("changed", ["", "def f(y):\n    return y\n", "def f(x:\n", "def g(x):\n    return x\n"])
def test_other_changes(changed: str) -> None:
    f = define("def f(x):\n    return x\n", file="model.py")
    linecache.cache["model.py"] = (len(changed), None, changed.splitlines(keepends=True), "model.py")
    with pytest.raises(SourceUnavailableError):
        convert_function(f)


def test_async_lambda_like_functions() -> None:
    f = define("async def f(x):\n    return x\n", file="model.py")
    with pytest.raises(ConversionError, match="async def"):
        convert_function(f)


def test_file_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "user.py"
    path.write_text("def f(x):\n    if x:\n        return 1\n    return 2\n")
    namespace: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    assert run_on_python(namespace["f"])(0) == 2


def test_what_dataclass_makes_has_no_source_under_the_name_of_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.13 keeps the text of `python -c` under `<string>`, which is what generated methods say they are of."""
    text = "import dataclasses\n"
    monkeypatch.setitem(linecache.cache, "<string>", (len(text), None, [text] * 40, "<string>"))

    @dataclasses.dataclass
    class Body:
        position: Any
        trips: int = 0

    @to_static
    def move(x):
        body = Body(x)
        if x > 0:
            body = Body(x * 2.0, 1)
        return body.position

    assert move(xp.asarray(2.0)) == 4.0
    assert not has_source(Body.__init__)
    assert has_source(test_what_dataclass_makes_has_no_source_under_the_name_of_other_code)
