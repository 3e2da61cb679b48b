"""What `check` says of a function is what conversion does with it."""

import ast

import pytest

from dy2static.codemod.check.check import check_text
from dy2static.codemod.check.rules import BY_ID
from dy2static.converters.reject import UNSUPPORTED
from dy2static.errors import ConversionError
from dy2static.source.convert import convert_function
from support.defining import define
from support.programs import DIRECTORY, all_programs

ONE_OF_EACH: dict[type[ast.AST], str] = {
    ast.Yield: "def f(x):\n    yield x",
    ast.YieldFrom: "def f(x):\n    yield from x",
    ast.AsyncFunctionDef: "async def f(x):\n    return x",
    ast.AsyncFor: "def f(x):\n    async def g():\n        async for y in x:\n            print(y)\n    return g",
    ast.AsyncWith: "def f(x):\n    async def g():\n        async with x as y:\n            print(y)\n    return g",
    ast.Await: "def f(x):\n    async def g():\n        await x\n    return g",
    ast.Try: "def f(x):\n    try:\n        return x\n    finally:\n        print(x)",
    ast.TryStar: "def f(x):\n    try:\n        return x\n    except* ValueError:\n        print(x)",
    ast.With: "def f(x):\n    with open(x) as file:\n        return file",
    ast.Delete: "def f(x):\n    y = [x]\n    del y[0]\n    return y",
    ast.Match: "def f(x):\n    match x:\n        case 1:\n            return x",
    ast.ClassDef: "def f(x):\n    class A:\n        pass\n    return A",
}
OTHERS = {
    "global": "def f(x):\n    global count\n    count = x",
    "nonlocal": "def f(x):\n    n = 0\n    def g():\n        nonlocal n\n        n += x\n    g()\n    return n",
    "walrus": "def f(x):\n    return x and (y := x) and y",
    "eval": "def f(x):\n    return eval('x')",
    "own eval": "def f(x, eval=len):\n    return eval([x])",
    "locals": "def f(x):\n    return locals()",
    "several": "def f(x):\n    y = locals()\n    z = eval('x')\n    return (yield z)",
    "private names": "class C:\n    def __g(self, x):\n        yield x\nf = C._C__g",
    "a lambda": "f = lambda x: (yield x)",
    "wide letters": "def f(x):\n    é, y = '日本', eval('x')\n    return y",
    "nothing": "def f(x):\n    while x > 0:\n        x = x - 1\n        if x == 3:\n            break\n    return x",
}


def told(source: str) -> tuple[str, str, int, int] | None:
    """What conversion says, if it refuses."""
    try:
        function = define(source, file="model.py")
        convert_function(function)
    except ConversionError as error:
        return error.what, error.next_step, error.loc.line, error.loc.col
    return None


def found(source: str, call: str) -> tuple[str, str, int, int] | None:
    text = f"{source}\nfrom dy2static import to_static\n{call}\n"
    findings = check_text(text, "model.py", [BY_ID["D001"]])
    if not findings:
        return None
    first = findings[0]
    line = text.splitlines()[first.span.line - 1]
    return first.what, first.next, first.span.line, len(line[: first.span.col - 1].encode())


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS)
def test_as_conversion(source: str) -> None:
    call = "to_static(C.__g)" if "C._C__g" in source else "to_static(f)"
    assert found(source, call) == told(source)


@pytest.mark.parametrize("kind", UNSUPPORTED, ids=lambda kind: kind.__name__)
def test_as_conversion_for_each_kind(kind: type[ast.AST]) -> None:
    source = ONE_OF_EACH.get(kind)
    if source is None:
        pytest.skip(f"there is no example of {kind.__name__} for this Python")
    assert found(source, "to_static(f)") == told(source)


@pytest.mark.parametrize("source", ONE_OF_EACH.values(), ids=[kind.__name__ for kind in ONE_OF_EACH])
def test_as_conversion_whatever_it_takes(source: str) -> None:
    assert found(source, "to_static(f)") == told(source)


def test_all_of_them_are_listed() -> None:
    text = f"{OTHERS['several']}\nfrom dy2static import to_static\nto_static(f)\n"
    findings = check_text(text, "model.py", [BY_ID["D001"]])
    assert [finding.span.line for finding in findings] == [2, 3, 4]


def test_programs_that_convert_are_not_refused() -> None:
    """The corpus runs in every mode, so there is nothing to refuse in it."""
    names = [program.make().__name__ for program in all_programs().values() if program.make.__name__ == "itself"]
    for file in sorted(DIRECTORY.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        defined = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name in names]
        text += "\nimport dy2static\n" + "".join(f"dy2static.to_static({name})\n" for name in defined)
        assert [(f.function, f.what) for f in check_text(text, file.name, [BY_ID["D001"]])] == []
