"""Files written for another framework: brought over, compared with what a person has agreed to, and run."""

import linecache
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import eager as xp
from dy2static import run_eagerly, to_static
from dy2static.codemod.migrate.frameworks import load
from dy2static.codemod.migrate.migrate import migrate
from support.golden import assert_golden

DIRECTORY = Path(__file__).resolve().parent.parent / "dy2static" / "codemod" / "migrate"


@dataclass(frozen=True)
class Case:
    """A call of a function of the file, and what it must give. NumPy arrays among the arguments become tensors."""

    function: str
    args: tuple[Any, ...]
    expected: Any
    whole: bool = True
    """Whether the function can be one graph; one that makes Parameters cannot, but those that it calls are graphs."""


def files_of(framework: str) -> list[str]:
    return sorted(path.stem for path in (DIRECTORY / framework).glob("*.py"))


def check_file(framework: str, name: str, cases: list[Case]) -> None:
    """The text and what is left are as in tests/golden; each case gives its numbers, eagerly and as a graph."""
    text = (DIRECTORY / framework / f"{name}.py").read_text(encoding="utf-8")
    done = migrate(text, load(framework))
    assert done is not None
    left = "".join(f"{item.line}: {item.what}: {item.why}.\n  Next: {item.next}\n" for item in done.left)
    assert_golden(f"codemod/migrate/{framework}/{name}.txt", f"{done.text}\n=== left\n{left}")
    again = migrate(done.text, load(framework))
    assert again is None or again.text == done.text
    if not cases:
        return
    module = run(
        done.text, f"<{framework}/{name}>", without=[line for line in done.text.splitlines() if framework in line]
    )
    for case in cases:
        with run_eagerly():
            compare(result(module, case, static=False), case.expected, f"{name}.{case.function}, eagerly")
        compare(result(module, case, static=True), case.expected, f"{name}.{case.function}, as a graph")


def run(text: str, file: str, without: list[str]) -> ModuleType:
    """The text as a module. What it still imports of the framework is replaced by an empty object."""
    module = ModuleType("migrated")
    lines = text.splitlines(keepends=True)
    for i, line in enumerate(lines):
        if line.rstrip("\n") in without and line.lstrip().startswith(("import ", "from ")):
            lines[i] = f"{line.split()[-1].partition('.')[0]} = __import__('unittest.mock').mock.MagicMock()\n"
    linecache.cache[file] = (0, None, lines, file)
    exec(compile("".join(lines), file, "exec", dont_inherit=True), module.__dict__)
    return module


def result(module: ModuleType, case: Case, static: bool) -> Any:
    function = getattr(module, case.function)
    args = [tensors(arg) for arg in case.args]
    if static and case.whole and not hasattr(function, "programs"):
        function = to_static(function)
    return function(*args)


def tensors(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return xp.asarray(value)
    if isinstance(value, dict):
        return {key: tensors(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(tensors(item) for item in value)
    return value


def compare(found: Any, expected: Any, what: str) -> None:
    if isinstance(expected, tuple):
        assert len(found) == len(expected), what
        for one, other in zip(found, expected, strict=True):
            compare(one, other, what)
        return
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-6, atol=1e-9, err_msg=what)
