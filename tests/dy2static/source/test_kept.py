"""A second process finds conversions on disk: the same code, or none where anything that decides it is not the same."""

import importlib
import itertools
import linecache
import marshal
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

from dy2static import to_static
from dy2static.errors import SourceUnavailableError
from dy2static.source import convert, kept
from dy2static.source.changed import codes_within
from dy2static.source.convert import CACHE, Converted, convert_function
from graph.llvm.runtime.cache import Cached, default_cache
from graph.llvm.runtime.object_code import ObjectCode
from support.constructs import CONSTRUCTS
from support.defining import define

TEXT = """\
import numpy as np

def helper(x):
    return x

def f(x):
    if x > 0 and helper(x) > 1:
        return np.sqrt(x)
    return len([x, helper(x)])

def loop(x):
    while x > 1:
        x = x / 2
    return x
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    kept.write()  # what waits is of this folder


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    return written(tmp_path, monkeypatch, TEXT)


_TIME = itertools.count(1)


def written(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> ModuleType:
    """A module with that text."""
    (folder / "kept_model.py").write_text(text)
    os.utime(folder / "kept_model.py", (1, next(_TIME)))  # before this process began
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "kept_model", raising=False)
    linecache.checkcache()
    importlib.invalidate_caches()
    return importlib.import_module("kept_model")


def converted_again(function: Any) -> Converted:
    """What another process has, that finds the conversion on disk if it is there."""
    kept.write()
    return converted_in_another_process(function)


def converted_in_another_process(function: Any) -> Converted:
    """The same; what this process is yet to write is not there."""
    kept.forget()
    CACHE.clear()
    return convert_function(function)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that were converted, not found."""
    names: list[str] = []
    converted_now = convert.converted_now

    def counted(node: Any, code: CodeType, *rest: Any) -> Any:
        names.append(code.co_name)
        return converted_now(node, code, *rest)

    monkeypatch.setattr(convert, "converted_now", counted)
    return names


def content(code: CodeType) -> list[Any]:
    return [
        (c.co_code, c.co_linetable, c.co_exceptiontable, c.co_qualname, c.co_names, c.co_freevars, c.co_filename)
        for c in (code, *codes_within(code))
    ]


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda f: f.__name__)
def test_what_is_found_is_what_was_made(construct: Callable[..., Any], made: list[str]) -> None:
    CACHE.clear()
    assert isinstance(construct, FunctionType)
    first = convert_function(construct)
    second = converted_again(construct)
    assert made == [construct.__name__]
    assert second.function.__code__ is not first.function.__code__
    assert content(second.function.__code__) == content(first.function.__code__)
    assert second.source == first.source
    assert (second.attribute_names, second.global_names) == (first.attribute_names, first.global_names)
    assert convert.ast.dump(second.tree, include_attributes=True) == convert.ast.dump(
        first.tree, include_attributes=True
    )


def test_it_runs(module: ModuleType, made: list[str]) -> None:
    assert float(to_static(module.f)(np.float64(4.0))) == 2.0
    assert made == ["f", "helper"]
    converted_again(module.f)
    again = to_static(module.f)
    assert float(again(np.float64(4.0))) == 2.0
    assert made == ["f", "helper"]
    assert "_rt.if_(" in again.code
    assert made == ["f", "helper", "f"]  # a tree is made when it is looked at


def test_a_name_that_means_something_else(module: ModuleType, made: list[str]) -> None:
    convert_function(module.f)
    module.__dict__["helper"] = np.abs
    found = converted_again(module.f)
    assert made == ["f", "f"]
    assert "_rt.call(helper" not in convert.ast.unparse(found.tree)
    module.__dict__["len"] = np.size
    found = converted_again(module.f)
    assert made == ["f", "f", "f"]
    assert "_rt.call(len" not in convert.ast.unparse(found.tree)


def test_a_name_that_changes_its_meaning_in_the_process_that_found_it(module: ModuleType, made: list[str]) -> None:
    convert_function(module.f)
    converted_again(module.f)
    module.__dict__["np"] = ModuleType("other")
    convert_function(module.f)
    assert made == ["f", "f"]


def test_another_text(module: ModuleType, made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert_function(module.f)
    other = written(tmp_path, monkeypatch, TEXT.replace("> 1", "> 2"))
    assert "> 2" in converted_again(other.f).source.text
    back = written(tmp_path, monkeypatch, TEXT)
    assert "> 1" in converted_again(back.f).source.text
    assert made == ["f", "f"]


def test_a_text_that_changed_while_the_process_ran_is_no_source(module: ModuleType) -> None:
    convert_function(module.f)
    file = Path(str(module.__file__))
    file.write_text(TEXT.replace("> 1", "> 2"))
    with pytest.raises(SourceUnavailableError):
        converted_again(module.f)


def test_the_tree_is_that_of_the_code(module: ModuleType, tmp_path: Path) -> None:
    first = convert_function(module.f)
    found = converted_again(module.f)
    module.__dict__["helper"] = np.abs
    Path(str(module.__file__)).write_text("")
    assert convert.ast.dump(found.tree) == convert.ast.dump(first.tree)


@pytest.mark.parametrize("what", ["version", "python", "optimized"])
def test_what_another_version_wrote(
    what: str, module: ModuleType, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    convert_function(module.f)
    kept.write()
    match what:
        case "version":
            monkeypatch.setattr(kept, "VERSION", "another")
        case "python":
            monkeypatch.setattr(sys, "version", sys.version + " another")
        case _:
            monkeypatch.setattr(kept, "OPTIMIZED", "2")
    converted_again(module.f)
    assert made == ["f", "f"]


def entry(folder: Path) -> Path:
    (found,) = folder.glob("conversions-*.dyo")
    return found


def test_damaged_entries(module: ModuleType, made: list[str], folder: Path) -> None:
    convert_function(module.f)
    kept.write()
    data = entry(folder).read_bytes()
    step = max(len(data) // 50, 1)
    damaged = [data[:at] for at in range(0, len(data), step)]
    damaged += [data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :] for at in range(0, len(data), step)]
    for text in damaged:
        entry(folder).write_bytes(text)
        assert converted_in_another_process(module.f).function.__code__.co_name == "f"
    assert len(made) == 1 + len(damaged)


@pytest.mark.parametrize("content", [b"", b"no object of marshal", marshal.dumps([1]), marshal.dumps({"f": 1})])
def test_entries_that_hold_something_else(module: ModuleType, content: bytes, folder: Path, made: list[str]) -> None:
    convert_function(module.f)
    kept.write()
    name = entry(folder).name.removesuffix(".dyo")
    found = default_cache().get(name)
    assert found is not None
    keys = marshal.loads(found.code.code)
    inner = [marshal.dumps(dict.fromkeys(keys, x)) for x in (b"", b"x", marshal.dumps(None), marshal.dumps((1, 2)), 1)]
    for text in (content, *inner):
        default_cache().put(name, Cached(ObjectCode(text, ())))
        assert converted_in_another_process(module.f).function.__code__.co_name == "f"
    assert made == ["f"] * 7


def test_entries_are_bounded(module: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 100)
    convert_function(module.f)
    kept.write()
    assert not list(folder.glob("conversions-*"))


def test_nothing_is_kept_without_a_folder_or_a_file(
    monkeypatch: pytest.MonkeyPatch, folder: Path, module: ModuleType
) -> None:
    convert_function(define("def f(x):\n    return x if x else 1\n"))
    kept.write()
    assert not folder.exists()
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    assert convert_function(module.f).function(4.0) == 2.0
    kept.write()
    assert not folder.exists()


def test_functions_of_a_file_come_together(module: ModuleType, made: list[str], folder: Path) -> None:
    convert_function(module.f)
    converted_again(module.f)
    convert_function(module.helper)
    converted_again(module.helper)
    converted_again(module.f)
    assert made == ["f", "helper"]
    assert entry(folder)


def test_they_are_written_when_native_code_is_compiled(module: ModuleType, folder: Path) -> None:
    loop = to_static(module.loop, executor="native", compile="background")
    loop(np.float64(4.0))
    assert not list(folder.glob("conversions-*"))
    assert loop.wait_compiled(60)
    assert entry(folder)


SCRIPT = """\
import numpy as np
import sys
from dy2static import to_static
from dy2static.source import convert
import kept_model
made = []
now = convert.converted_now
def counted(node, code, *rest):
    made.append(code.co_name)
    return now(node, code, *rest)
convert.converted_now = counted
names = sys.argv[1:]
print([float(to_static(getattr(kept_model, name), executor="numpy")(np.float64(4.0))) for name in names], made)
"""


def test_processes(module: ModuleType, folder: Path, tmp_path: Path) -> None:
    """They write at their end; what is written at the same time may be lost, but never harms."""
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    environment = {**os.environ, "DY2STATIC_CACHE": str(folder), "PYTHONPATH": paths}

    def started(*names: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", SCRIPT, *names]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def said(process: "subprocess.Popen[str]") -> str:
        text = process.communicate()[0].strip()
        assert process.returncode == 0
        return text

    together = [started("f", "helper"), started("helper", "f"), started("f")]
    assert [said(process)[:5] for process in together] == ["[2.0,", "[4.0,", "[2.0]"]
    assert said(started("f", "helper")) == "[2.0, 4.0] []"
    assert not list(folder.glob("*.part"))
