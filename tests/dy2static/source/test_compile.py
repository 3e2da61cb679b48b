"""A converted function looks like the original: to tracebacks, debuggers, coverage and `inspect`."""

import gc
import inspect
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

import eager as xp
from dy2static.source import convert
from dy2static.source.convert import CACHE, convert_function, is_converted
from support import python_runtime
from support.constructs import CONSTRUCTS
from support.defining import define
from support.plain_functions import FUNCTIONS
from support.python_runtime import run_on_python

FAILING = """\
def f(x, kind):
    for i in range(x):
        if i == 2:
            y = {
                "zero": lambda: 1 / (i - 2),
                "unbound": lambda: None,
            }[kind]()
    while x > 0 and kind == "unbound":
        print(z, file=None)
        z = 1
    assert kind != "assert", "asserted"
    if kind == "raise":
        raise ValueError(
            kind)
    return (x if x else
            y.missing)
"""


def user_frames(function: Callable[..., Any], *arguments: Any) -> list[tuple[int | None, str]]:
    """Line and function of each frame of the user's file in the traceback of a failing call."""
    with pytest.raises(Exception) as error:  # noqa: PT011 (any kind: the frames are compared)
        function(*arguments)
    frames = traceback.extract_tb(error.value.__traceback__)
    return [(frame.lineno, frame.name) for frame in frames if frame.filename == "model.py"]


@pytest.mark.parametrize("arguments", [(4, "zero"), (3, "unbound"), (0, "assert"), (1, "raise"), (0, "y")])
def test_tracebacks_show_the_line_that_failed(arguments: tuple[Any, ...]) -> None:
    f = define(FAILING, file="model.py")
    original, converted = user_frames(f, *arguments), user_frames(run_on_python(f), *arguments)
    assert converted[-1][0] == original[-1][0]
    assert {name for _, name in converted} <= {"f", "<lambda>"}
    assert {line for line, _ in original} <= {line for line, _ in converted}


def all_code(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from all_code(constant)


@pytest.mark.parametrize("function", [*CONSTRUCTS, *FUNCTIONS], ids=lambda f: f.__name__)
def test_all_code_is_placed_in_the_users_function(function: FunctionType) -> None:
    lines, first = inspect.getsourcelines(function)
    for code in all_code(run_on_python(function).__code__):
        assert code.co_filename == function.__code__.co_filename
        assert code.co_qualname.startswith(function.__qualname__)
        assert code.co_name not in convert.GENERATED
        for line, end_line, _, _ in code.co_positions():
            if line is not None:
                assert first <= line <= (end_line or line) < first + len(lines)


def traced_lines(function: Callable[..., Any], *arguments: Any) -> set[int]:
    lines: set[int] = set()

    def trace(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != "model.py":
            return None
        if event == "line":
            lines.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("x", [0, 1, 5])
def test_coverage_sees_the_lines_that_run(x: int) -> None:
    f = define(
        """\
        def f(x):
            total = 0
            for i in range(x):
                if i == 3:
                    break
                elif i:
                    total += i
            else:
                total = -1
            if total > 2:
                return total
            return (
                total
            )
        """,
        file="model.py",
    )
    assert traced_lines(run_on_python(f), x) == traced_lines(f, x)


def decorated(value: int) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        function.mark = value
        return function

    return decorate


def describe(function: Any) -> dict[str, Any]:
    names = ("__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__kwdefaults__", "__annotations__")
    return {name: getattr(function, name) for name in names} | function.__dict__


def test_descriptions_are_kept() -> None:
    offset = 3

    @decorated(5)
    def original(a: int, /, b: "str" = "b", *rest: float, c: int = offset, **more: Any) -> dict[str, int]:
        """What it does."""
        return {"a": a, b: c, **more} if a else {"rest": len(rest), "offset": offset}

    converted = run_on_python(original)
    assert describe(converted) == describe(original)
    assert converted.mark == 5
    assert inspect.signature(converted) == inspect.signature(original)
    assert converted(1, d=4) == original(1, d=4)
    assert converted(0, "x", 2.0) == original(0, "x", 2.0)
    with pytest.raises(TypeError, match=r"original\(\) missing 1 required positional argument: 'a'"):
        converted()


def test_globals_and_names_are_the_users() -> None:
    f = define("count = 1\ndef f():\n    return count, f\n")
    converted = run_on_python(f)
    f.__globals__["count"] = 2
    assert converted() == (2, f)
    assert "_rt" not in f.__globals__


def test_future_annotations_are_respected() -> None:
    text = "from __future__ import annotations\ndef f():\n    def g(x: missing) -> missing: return x\n    return g\n"
    assert run_on_python(define(text))().__annotations__ == {"x": "missing", "return": "missing"}
    plain = define("def f():\n    def g(x: 1 + 1): return x\n    return g\n")
    assert run_on_python(plain)().__annotations__ == {"x": 2}


def test_facts() -> None:
    outer = 1

    def f(x: Any) -> Any:
        def g(y):  # type: ignore[no-untyped-def]
            x.written = y.read + outer
            x.changed += len(y)
            return x.method()

        return [g(global_name) for _ in range(3)]  # type: ignore[name-defined] # noqa: F821

    facts = convert_function(f)
    assert facts.attribute_names == {"read", "method", "changed"}
    assert facts.global_names == {"len", "range", "global_name"}
    assert facts.free_names == {"outer"}
    assert facts.source.file == __file__
    assert facts.tree.name == "f"


def test_one_conversion_per_code_object() -> None:
    def make(n: int) -> Callable[[int], int]:
        return lambda x: x + n if x else n

    first, second = convert_function(make(1)), convert_function(make(2))  # type: ignore[arg-type]
    assert first.function.__code__ is second.function.__code__
    assert first.tree is second.tree
    assert run_on_python(make(1))(1) == 2
    assert run_on_python(make(2))(1) == 3


def test_equal_code_of_two_files_is_converted_twice() -> None:
    text = "def f(x):\n    return x if x else 1\n"
    one, two = define(text, file="one.py"), define(text, file="two.py")
    assert one.__code__ == two.__code__
    assert convert_function(one).function.__code__.co_filename == "one.py"
    assert convert_function(two).function.__code__.co_filename == "two.py"


def test_converted_functions_are_not_converted_again() -> None:
    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            return y if x else -y

        return g, lambda y: y and x

    converted = run_on_python(f)
    assert is_converted(converted)
    assert not is_converted(f)
    assert convert_function(converted).function is converted
    for inner in converted(1):
        assert is_converted(inner)
        assert convert_function(inner).function is inner
        assert convert_function(inner).free_names == {"x"}
    assert not any(is_converted(inner) for inner in f(1))


def test_a_rebound_module_is_noticed() -> None:
    f = define("import numpy as m\ndef f(x):\n    return m.sum([x, x])\n")
    assert run_on_python(f)(2) == 4

    class Other:
        @staticmethod
        def sum(values: Any) -> str:
            return f"other {values}"

    f.__globals__["m"] = Other
    before = convert_function(f).function.__code__
    assert run_on_python(f)(2) == "other [2, 2]"
    assert "call" in before.co_names


def test_rebinding_user_functions_converts_nothing_anew() -> None:
    f = define("def g(x):\n    return x\ndef f(x):\n    return g(x)\n")
    code = convert_function(f).function.__code__
    f.__globals__["g"] = lambda x: -x
    assert convert_function(f).function.__code__ is code
    assert run_on_python(f)(2) == -2


def test_rebinding_tensors_converts_nothing_anew() -> None:
    f = define("T = xp.asarray(1.0)\ndef f(x):\n    return T.sum() + x\n", xp=xp)
    code = convert_function(f).function.__code__
    f.__globals__["T"] = xp.asarray(2.0)
    assert convert_function(f).function.__code__ is code
    f.__globals__["T"] = [2.0]
    assert convert_function(f).function.__code__ is not code


def test_functions_inside_converted_code_stay_converted_when_its_conversion_is_dropped() -> None:
    f = define("import numpy as m\ndef f(x):\n    def inner():\n        return m.sum(x)\n    return inner\n")
    first = convert_function(f).function
    for i in range(convert.MAX_CONVERSIONS + 1):
        f.__globals__["m"] = ModuleType(f"m{i}")
        convert_function(f)
    gc.collect()
    inner = first(2)
    assert is_converted(first)
    assert is_converted(inner)
    assert convert_function(inner).function is inner


def test_what_code_was_made_of_goes_with_the_code() -> None:
    f = define("def f(x):\n    return x if x else 1\n")
    key = id(convert_function(f).function.__code__)
    assert key in CACHE.made
    del f
    gc.collect()
    assert key not in CACHE.made


def test_conversions_go_with_the_function() -> None:
    f = define("def f(x):\n    return x if x else 1\n")
    convert_function(f)
    code, key = weakref.ref(f.__code__), id(f.__code__)
    assert key in CACHE.entries
    del f
    gc.collect()
    assert code() is None
    assert key not in CACHE.entries


def test_threads_share_one_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    f = define("def f(x):\n    return x if x else 1\n")
    count = 0
    make = convert.make_conversion
    start = threading.Barrier(8)

    def counted(function: FunctionType) -> Any:
        nonlocal count
        count += 1
        return make(function)

    def work(_: int) -> CodeType:
        start.wait()
        return convert_function(f).function.__code__

    monkeypatch.setattr(convert, "make_conversion", counted)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(work, range(8)))
    assert len({id(code) for code in codes}) == 1
    assert count == 1


def test_a_failed_conversion_can_be_tried_again() -> None:
    f = define("def f(x):\n    eval(x)\n")
    for _ in range(2):
        with pytest.raises(Exception, match="`eval"):
            convert_function(f)


def test_runtime_double_has_all_names() -> None:
    used: set[str] = set()
    for function in [*CONSTRUCTS, *FUNCTIONS]:
        for code in all_code(run_on_python(function).__code__):
            if "_rt" in code.co_freevars:
                used |= {name for name in code.co_names if hasattr(python_runtime, name)}
    assert {"if_", "while_", "for_", "call", "read", "and_", "set_item"} <= used
