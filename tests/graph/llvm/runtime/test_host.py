"""What LLVM says of this machine is asked once and kept."""

from pathlib import Path

import pytest

from graph.llvm.runtime import host
from graph.llvm.runtime.compile import machine
from graph.llvm.runtime.host import forget, known_machine, machine_for
from graph.llvm.runtime.object_code import Machine


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(host, "_CPUS", tmp_path / "cpuinfo")
    forget()


def write(folder: Path, text: str) -> None:
    (folder / "cpuinfo").write_text(text)
    forget()


def test_it_is_asked_once_for_a_kind_of_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "processor\t: 0\nmodel name\t: A\ncpu MHz\t\t: 2800.1\nflags\t: x y\n\nprocessor\t: 1\n")
    assert machine_for() == machine()
    monkeypatch.setattr(host, "asked", lambda cpu="host": Machine("another", cpu, ""))
    write(tmp_path, "processor\t: 3\nmodel name\t: A\ncpu MHz\t\t: 1000.0\nflags\t: x y\n\nprocessor\t: 4\n")
    assert machine_for() == machine()
    write(tmp_path, "processor\t: 0\nmodel name\t: A\ncpu MHz\t\t: 2800.1\nflags\t: x y z\n")
    assert machine_for() == Machine("another", "host", "")


def test_a_damaged_entry_is_asked_again(tmp_path: Path) -> None:
    write(tmp_path, "model name : A\n")
    assert machine_for() == machine()
    (path,) = (tmp_path / "cache").iterdir()
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    forget()
    assert machine_for() == machine()


def test_llvm_is_not_asked_where_nobody_knows(tmp_path: Path) -> None:
    write(tmp_path, "model name : A\n")
    assert known_machine() is None
    assert machine_for() == known_machine() == machine()
    forget()
    assert known_machine() == machine()


def test_a_system_that_says_nothing(tmp_path: Path) -> None:
    assert known_machine() == machine()
    assert machine_for() == machine()
    assert not (tmp_path / "cache").exists()


def test_levels_are_llvms_business() -> None:
    with pytest.raises(ValueError, match="it must be one of"):
        machine_for("i386")


@pytest.fixture(scope="module", autouse=True)
def _forget() -> object:
    yield None
    forget()
