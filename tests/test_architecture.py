"""Rules of the house that no linter knows. Imports between our own modules are import-linter's (pyproject.toml).

Each rule is a function from source text to offences, and is itself tried on a text that breaks it.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("dy2static", "eager", "graph")
MAX_LINES = 500

# Each of these may be imported only below the folder that exists for it.
ROOM_OF = {
    "libcst": "dy2static/codemod",
    "llvmlite": "graph/llvm",
    "onnx": "dy2static/export",
    "onnxruntime": "dy2static/export",
}
# Too slow to load before they are needed: these alone may be imported inside a function.
LOADED_WHEN_NEEDED = frozenset(
    ["astunparse", "libcst", "llvmlite", "matplotlib", "ml_dtypes", "onnx", "rich", "scipy", "sklearn"]
)
NOT_LOADED_AT_IMPORT = frozenset(["libcst", "llvmlite", "matplotlib", "onnx", "rich", "scipy", "sklearn"])

type_ignore = re.compile(r"#\s*(type|pyright):\s*ignore(?!\[)")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
ImportNode = ast.Import | ast.ImportFrom


def source_files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported_packages(node: ast.AST) -> list[str]:
    """The top-level names that an import statement asks for; a relative import asks for `.`."""
    match node:
        case ast.Import(names=names):
            return [alias.name.partition(".")[0] for alias in names]
        case ast.ImportFrom(level=0, module=str(module)):
            return [module.partition(".")[0]]
        case ast.ImportFrom():
            return ["."]
        case _:
            return []


def imports_outside_their_room(source: str, path: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        for package in imported_packages(node):
            room = ROOM_OF.get(package)
            if room is not None and not path.startswith((f"{room}/", f"{room}.py")):
                yield f"{path}:{node.lineno}: {package} belongs in {room}"


def imports_inside_functions(source: str, path: str) -> Iterator[str]:
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, FunctionNode)]
    statements = {node for function in functions for node in ast.walk(function) if isinstance(node, ImportNode)}
    for node in sorted(statements, key=lambda node: node.lineno):
        for package in imported_packages(node):
            if package not in LOADED_WHEN_NEEDED:
                yield f"{path}:{node.lineno}: import inside a function: {ast.unparse(node)}"


def bare_ignores(source: str, path: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and type_ignore.search(token.string):
            yield f"{path}:{token.start[0]}: says not which error it ignores: {token.string}"


def too_long(source: str, path: str) -> Iterator[str]:
    lines = len(source.splitlines())
    if lines > MAX_LINES:
        yield f"{path}: {lines} lines; more than {MAX_LINES} hold more than one concept"


def named_utils(source: str, path: str) -> Iterator[str]:
    if Path(path).name == "utils.py":
        yield f"{path}: name the file after its concept"


Rule = Callable[[str, str], Iterable[str]]
RULES: list[Rule] = [imports_outside_their_room, imports_inside_functions, bare_ignores, too_long, named_utils]


@pytest.mark.parametrize("rule", RULES)
def test_sources_keep_rule(rule: Rule) -> None:
    offences = [
        offence
        for path in source_files()
        for offence in rule(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]
    assert offences == []


BREAKS: list[tuple[Rule, str, str]] = [
    (imports_outside_their_room, "eager/a.py", "import numpy, onnx.helper"),
    (imports_outside_their_room, "dy2static/a.py", "def f():\n    from libcst.matchers import If"),
    (imports_outside_their_room, "graph/llvm_like.py", "import llvmlite"),
    (imports_inside_functions, "graph/a.py", "def f():\n    def g():\n        import graph.ops"),
    (imports_inside_functions, "graph/a.py", "class A:\n    async def f(self):\n        from . import b"),
    (bare_ignores, "graph/a.py", "x = 1  # type: ignore"),
    (bare_ignores, "graph/a.py", "x = 1  # pyright: ignore"),
    (too_long, "graph/a.py", "x = 1\n" * 501),
    (named_utils, "graph/ops/utils.py", ""),
]
KEEPS: list[tuple[Rule, str, str]] = [
    (imports_outside_their_room, "dy2static/codemod/check.py", "import libcst"),
    (imports_outside_their_room, "graph/llvm/compile.py", "from llvmlite import ir"),
    (imports_outside_their_room, "dy2static/export/onnx/model.py", "import onnx, onnxruntime"),
    (imports_outside_their_room, "dy2static/a.py", "from dy2static.export import onnx\nfrom .export import onnx"),
    (imports_inside_functions, "graph/a.py", "import graph.ops\ndef f():\n    import scipy.linalg"),
    (bare_ignores, "graph/a.py", "x = '# type: ignore'  # type: ignore[arg-type]"),
    (too_long, "graph/a.py", "x = 1\n" * 500),
    (named_utils, "graph/pytree_utils.py", ""),
]


@pytest.mark.parametrize(("rule", "path", "source"), BREAKS)
def test_rule_bites(rule: Rule, path: str, source: str) -> None:
    assert len(list(rule(source, path))) == 1


@pytest.mark.parametrize(("rule", "path", "source"), KEEPS)
def test_rule_lets_pass(rule: Rule, path: str, source: str) -> None:
    assert list(rule(source, path)) == []


@pytest.mark.parametrize("package", ["dy2static", "eager"])
def test_import_loads_nothing_heavy(package: str) -> None:
    program = f"import sys, {package}; print(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert NOT_LOADED_AT_IMPORT.intersection(result.stdout.split()) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_tests_folder_shadows_no_package() -> None:
    assert not (ROOT / "tests" / "__init__.py").exists()
    assert [package for package in PACKAGES if (ROOT / "tests" / package / "__init__.py").exists()] == []
