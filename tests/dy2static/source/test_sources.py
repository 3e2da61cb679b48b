"""Functions from everywhere: notebooks, the REPL, strings, reloaded modules, frozen applications."""

import functools
import importlib
import linecache
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import convert_source, to_static, trace
from dy2static.errors import ConversionError, SourceUnavailableError

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON_BASIC_REPL": "1"}
X = xp.asarray([1.0, -2.0, 3.0])


def same(a: Any, b: Any) -> None:
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


# Notebooks

CELLS = [
    "import eager as xp\nfrom dy2static import to_static, convert_source\nx = xp.asarray([1.0, 2.0])",
    "@to_static\ndef f(x):\n    if xp.sum(x) > 2:\n        return x * 2\n    return -x\nprint(f(x))",
    "g, h = to_static(lambda x: x + 1), to_static(lambda x: x + 2)\nprint(g(x), h(x))",
    "def f(x):\n    while xp.sum(x) < 100:\n        x = x * 3\n    return x\nprint(to_static(f)(x))",
    "@to_static\ndef bad(x):\n    y = x @ xp.ones(5)\n    return y",
    "bad(x)",
    "class M:\n    k = 3\n    @to_static\n    def __call__(self, x):\n        return x * self.k\nprint(M()(x))",
]


def run_cells(cells: list[str]) -> tuple[list[str], list[str]]:
    """What each cell prints in a kernel of its own, and the tracebacks of those that fail."""
    client_module = pytest.importorskip("jupyter_client", reason="NOT TESTED: notebooks need the `test` extra")
    pytest.importorskip("ipykernel", reason="NOT TESTED: notebooks need the `test` extra")
    manager = client_module.KernelManager(kernel_cmd=None)
    manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager.start_kernel(env=ENVIRONMENT)
    client = manager.client()
    client.start_channels()
    printed: list[str] = []
    errors: list[str] = []
    try:
        client.wait_for_ready(timeout=120)
        for cell in cells:
            out: list[str] = []

            def note(message: Any, out: list[str] = out) -> None:
                content = message["content"]
                if message["msg_type"] == "stream":
                    out.append(content["text"])
                elif message["msg_type"] == "error":
                    errors.append("\n".join(content["traceback"]))

            client.execute_interactive(cell, timeout=120, output_hook=note, allow_stdin=False)
            printed.append("".join(out).strip())
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
    return printed, errors


@pytest.mark.filterwarnings("ignore")
def test_a_jupyter_notebook() -> None:
    printed, errors = run_cells(CELLS)
    assert printed == ["", "[2. 4.]", "[2. 3.] [3. 4.]", "[ 81. 162.]", "", "", "[3. 6.]"]
    (error,) = errors
    assert "ShapeError" in error
    assert "`x` is f64[2]" in error
    for ours in ("dy2static/decorator.py", "dy2static/staging", "eager/dispatch.py"):
        assert ours not in error


# The REPL

TYPED = """
import eager as xp
from dy2static import to_static
@to_static
def f(x):
    if xp.sum(x) > 2:
        return x * 2
    return -x

print("found", f(xp.asarray([1.0, 2.0])))
print("found", to_static(lambda x: x + 1)(xp.asarray([1.0, 2.0])))
"""


def test_the_repl() -> None:
    run = [sys.executable, "-i", "-q"]
    done = subprocess.run(run, input=TYPED, capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=False)
    if sys.version_info >= (3, 13):
        assert done.stdout.split("found ")[1:] == ["[2. 4.]\n", "[2. 3.]\n"], done.stderr
    else:  # this Python keeps no source of what is typed
        assert "SourceUnavailableError" in done.stderr
        assert "use `trace(f, *examples)`" in done.stderr


# Strings

TEXT = """
import eager as xp

def root(a):
    x = a
    while xp.max(xp.abs(x * x - a)) > 1e-9:
        x = 0.5 * (x + a / x)
    return x
"""


def test_source_given_as_a_string() -> None:
    f = convert_source(TEXT)
    same(xp.sqrt(xp.asarray([4.0, 9.0])), np.round(np.asarray(f(xp.asarray([4.0, 9.0]))), 6))
    assert "while_loop" in str(f.graph)
    assert "_rt.while_" in f.code
    assert f.__name__ == "root"


def test_strings_of_several_functions() -> None:
    text = "def f(x):\n    return g(x) + 1\n\ndef g(x):\n    return k * x if x[0] > 0 else x\n"
    same(convert_source(text, "f", globals={"k": 3})(X), X * 3 + 1)
    with pytest.raises(LookupError, match="the source defines `f`, `g`; say which one with `name`"):
        convert_source(text)
    with pytest.raises(LookupError, match="the source defines no `h`, but `f`, `g`"):
        convert_source(text, "h")
    with pytest.raises(LookupError, match="the source defines no function"):
        convert_source("x = 1")


def test_strings_with_decorated_functions_lambdas_and_classes() -> None:
    decorated = "from dy2static import to_static\n@to_static\ndef f(x):\n    return x + 1 if x[0] > 0 else x\n"
    same(convert_source(decorated)(X), X + 1)
    same(convert_source("f = lambda x: x * 2 if x[0] > 0 else x", "f")(X), X * 2)
    model = "class M:\n    k = 2\n    def __call__(self, x):\n        return x * self.k\nmodel = M()\n"
    same(convert_source(model, "model")(X), X * 2)
    assert convert_source(TEXT, executor="interpreter")(X * X).shape == (3,)


def test_errors_in_strings_show_their_lines() -> None:
    with pytest.raises(ConversionError, match="cannot see") as caught:
        convert_source("def f(x):\n    exec('y = 1')\n    return x\n")
    assert "    exec('y = 1')\n    ^" in str(caught.value)
    f = convert_source("def f(x):\n    y = x + 1\n    return y @ x[:2]\n")
    with pytest.raises(ValueError, match=r"return y @ x\[:2\]"):
        f(X)
    with pytest.raises(SyntaxError):
        convert_source("def f(x) return x")


def test_the_text_is_kept_as_long_as_the_function() -> None:
    f = convert_source("def f(x):\n    return x + 1\n")
    file = f.__dy2static_function__.__code__.co_filename
    linecache.checkcache()
    assert linecache.getline(file, 2) == "    return x + 1\n"
    to_static(f.__dy2static_function__)(X)


def test_exec_without_source_offers_trace() -> None:
    namespace: dict[str, Any] = {}
    exec("def f(x):\n    return x + 1", namespace)
    with pytest.raises(SourceUnavailableError, match=r"use `trace\(f, \*examples\)`"):
        to_static(namespace["f"])
    same(trace(namespace["f"], X)(X), X + 1)


def test_exec_without_source_where_another_text_is_known_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Since Python 3.13, `<string>` has the text of `python -c`."""
    monkeypatch.setitem(linecache.cache, "<string>", (10, None, ["import sys; print(sys.argv)\n"], "<string>"))
    namespace: dict[str, Any] = {}
    exec("def f(x):\n    return x + 1", namespace)
    with pytest.raises(SourceUnavailableError) as caught:
        to_static(namespace["f"])
    assert str(caught.value).startswith("<string>:1\n  the source of `f` cannot be read: there is no file of that name")


# Wrapped and decorated


def doubled(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs) * 2

    return inner


def bare(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: f(*args) + 100


@doubled
def halved_if_large(x: Any, limit: float = 2.0) -> Any:
    if xp.max(x) > limit:
        return x / 2
    return x


@bare
@doubled
def signs(x: Any) -> Any:
    items = [v if v > 0 else -v for v in x]
    return items[0] * x


class Base:
    def __call__(self, x: Any) -> Any:
        return x if xp.sum(x) > 0 else -x


class Derived(Base):
    @doubled
    def __call__(self, x: Any) -> Any:
        return super().__call__(x) + 1

    @functools.cached_property
    def scale(self) -> float:
        return 3.0

    @functools.partialmethod
    def never(self) -> None: ...


@pytest.mark.parametrize("x", [X, -X, X * 0.1])
def test_decorated_wrapped_partial(x: Any) -> None:
    f, g = (lambda v: v + 1 if v[0] > 0 else v), (lambda v: v - 1 if v[0] > 0 else -v)
    callables: list[Callable[..., Any]] = [
        halved_if_large,
        functools.partial(halved_if_large, limit=0.5),
        functools.partial(functools.partial(halved_if_large), limit=10.0),
        signs,
        Derived(),
        Derived().__call__,
        Base.__call__.__get__(Base()),
        f,
        g,
        functools.lru_cache(lambda v: v * 3),
        functools.singledispatch(lambda v: v * 3 if v[0] > 0 else v),
    ]
    for call in callables[:-2]:
        same(to_static(call)(x), call(x))


def test_a_method_of_a_wrapped_static_function() -> None:
    class A:
        k = 2.0

        @to_static
        @doubled
        def f(self, x: Any) -> Any:
            return x * self.k if x[0] > 0 else x

    same(A().f(X), X * 4)


# Reloading


def test_functions_that_are_edited_and_reloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "reloaded_model.py"
    text = (
        "from dy2static import to_static\n\n@to_static\ndef f(x):\n    return helper(x) + {n}\n\ndef helper(x):\n{body}"
    )

    def write(n: int, body: str) -> None:
        path.write_text(text.format(n=n, body=textwrap.indent(textwrap.dedent(body), "    ")), encoding="utf-8")
        os.utime(path, (n, n))

    write(1, "return x * 2\n")
    module = importlib.import_module("reloaded_model")
    old = module.f
    same(old(X), X * 2 + 1)
    write(2, "# longer now\nif x[0] > 0:\n    return x * 3\nreturn x\n")
    importlib.reload(module)
    same(module.f(X), X * 3 + 2)
    assert "+ 2" in module.f.code
    same(old(X), X * 3 + 1)  # the module's globals are the new ones, as in plain Python
    write(3, "return x\n")
    same(module.f(X), X * 3 + 2)
    sys.modules.pop("reloaded_model")


EDITED = "def f(x):\n    return x + 1\n\n\ndef make():\n    k = 2\n    return lambda x: x * k\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [("return x + 1", "return x + 2"), ("def f", "\n\n\ndef f"), ("return x +", "return x -"), ("(x):", "(x, y):")],
)
@pytest.mark.parametrize("was_read", [False, True])
def test_a_changed_file_is_noticed(tmp_path: Path, old: str, new: str, was_read: bool) -> None:
    path = tmp_path / "changed_model.py"
    path.write_text(EDITED, encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": "changed_model"}
    exec(compile(EDITED, str(path), "exec"), namespace)
    if was_read:
        linecache.getlines(str(path))
    path.write_text(EDITED.replace(old, new, 1) + "# longer", encoding="utf-8")
    with pytest.raises(SourceUnavailableError, match="has changed since it was imported"):
        to_static(namespace["f"])


def test_a_file_that_changed_elsewhere_is_still_the_source(tmp_path: Path) -> None:
    path = tmp_path / "changed_model.py"
    path.write_text(EDITED, encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": "changed_model"}
    exec(compile(EDITED, str(path), "exec"), namespace)
    path.write_text(EDITED + "\n\ndef g(x):\n    return x\n", encoding="utf-8")
    same(to_static(namespace["f"])(X), X + 1)
    same(to_static(namespace["make"]())(X), X * 2)


# Frozen

APPLICATION = """
import sys
import eager as xp
from dy2static import SourceUnavailableError, to_static, trace


def f(x):
    if xp.sum(x) > 0:
        return x * 2
    return x


x = xp.asarray([1.0, 2.0])
try:
    print("static", to_static(f)(x))
except SourceUnavailableError as error:
    print("refused", "trace(f, *examples)" in str(error))
import warnings
warnings.simplefilter("ignore")
print("traced", trace(f, x)(x))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("with_source", [False, True])
def test_a_frozen_application(tmp_path: Path, with_source: bool) -> None:
    pytest.importorskip("PyInstaller", reason="NOT TESTED: frozen applications need PyInstaller")
    (tmp_path / "app.py").write_text(APPLICATION, encoding="utf-8")
    options = ["--onedir", "--noconfirm", "--log-level", "ERROR", "--exclude-module", "scipy"]
    build = [sys.executable, "-m", "PyInstaller", *options, "--paths", str(ROOT), "app.py"]
    subprocess.run(build, cwd=tmp_path, env=ENVIRONMENT, check=True, timeout=800)
    folder = tmp_path / "dist" / "app"
    if with_source:
        (folder / "app.py").write_text(APPLICATION, encoding="utf-8")
    (tmp_path / "app.py").unlink()
    environment = {k: v for k, v in ENVIRONMENT.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(folder / "app")], cwd=folder, capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    first = "static [2. 4.]" if with_source else "refused True"
    assert done.stdout.splitlines() == [first, "traced [2. 4.]"]
