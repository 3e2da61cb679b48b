import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph.llvm.runtime.cache import Cached, ObjectCache, default_cache, key_of
from graph.llvm.runtime.object_code import Machine, ObjectCode

ROOT = Path(__file__).parents[4]
HERE = Machine("x86_64-unknown-linux-gnu", "znver4", "+avx2")
CODE = ObjectCode(b"\x7fELF and so on \x00\xff" * 100, ("dy_alloc", "memcpy"))


def make_no_code() -> ObjectCode:
    raise AssertionError("the cache has it")


def test_made_once(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "new" / "folder")
    assert cache.compiled(("text",), HERE, lambda: CODE) == CODE
    assert cache.compiled(("text",), HERE, make_no_code) == CODE


def test_note_is_kept(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    entry = Cached(CODE, "names: ä\n")
    cache.put("key", entry)
    assert cache.get("key") == entry


def test_key_is_of_all_that_decides_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {
        key_of(("text",), HERE),
        key_of(("text", ""), HERE),
        key_of(("other",), HERE),
        key_of(("text",), Machine(HERE.triple, "znver4", "+avx512f")),
        key_of(("text",), Machine(HERE.triple, "x86-64", "+avx2")),
        key_of(("text",), Machine("aarch64-linux-gnu", "znver4", "+avx2")),
    }
    for name in ("numpy_version", "llvmlite_version"):
        monkeypatch.setattr(f"graph.llvm.runtime.cache.{name}", lambda: "0.1")
        keys.add(key_of(("text",), HERE))
    assert len(keys) == 8


@pytest.mark.parametrize("off", [ObjectCache(None), ObjectCache(Path(os.devnull) / "no folder"), ObjectCache(Path(""))])
def test_cache_that_cannot_be_used_is_empty(off: ObjectCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o777)
    off.put("key", Cached(CODE))
    assert off.get("key") is None
    assert off.size() == 0
    off.clear()


@pytest.mark.parametrize("damage", ["cut", "empty", "flip first", "flip middle", "flip last", "longer", "other file"])
def test_damaged_entry_is_made_again(tmp_path: Path, damage: str) -> None:
    cache = ObjectCache(tmp_path)
    cache.compiled(("text",), HERE, lambda: CODE)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    match damage:
        case "cut":
            del data[len(data) // 2 :]
        case "empty":
            data.clear()
        case "flip first":
            data[0] ^= 1
        case "flip middle":
            data[len(data) // 2] ^= 1
        case "flip last":
            data[-1] ^= 128
        case "longer":
            data += b"x"
        case _:
            data[:] = b"{}"
    path.write_bytes(data)
    again = ObjectCode(b"made again", ())
    assert cache.compiled(("text",), HERE, lambda: again) == again
    assert cache.compiled(("text",), HERE, make_no_code) == again


def test_unreadable_entry_is_made_again(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    (tmp_path / (key_of(("text",), HERE) + ".dyo")).mkdir()
    assert cache.compiled(("text",), HERE, lambda: CODE) == CODE


def test_oldest_used_go_first(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, limit=6000)
    for i, key in enumerate("abc"):
        cache.put(key, Cached(CODE))
        os.utime(tmp_path / f"{key}.dyo", (i, i))
    assert cache.get("a") == Cached(CODE)
    for key in "de":
        cache.put(key, Cached(CODE))
        assert cache.size() <= 6000
    assert [key for key in "abcde" if cache.get(key) is not None] == ["a", "d", "e"]


def test_of_small_entries_few_look_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    scan = os.scandir

    def counted(path: str) -> Any:
        looks.append(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", counted)
    entry = Cached(ObjectCode(b"x" * 100, ()))
    cache = ObjectCache(tmp_path, limit=20_000)
    for i in range(1000):
        cache.put(f"key{i}", entry)
    assert 10 <= len(looks) <= 60
    assert cache.size() <= 2 * 20_000


def test_entry_beyond_the_limit_is_not_kept(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, limit=100)
    cache.put("key", Cached(CODE))
    assert list(tmp_path.iterdir()) == []


def test_clear_leaves_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    cache = ObjectCache(tmp_path)
    cache.put("key", Cached(CODE))
    (tmp_path / "key123.part").touch()
    cache.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    cache.put("key", Cached(CODE))
    tmp_path.chmod(0o777)
    assert cache.get("key") is None
    cache.put("other", Cached(CODE))
    tmp_path.chmod(0o700)
    assert cache.get("key") == Cached(CODE)
    assert cache.get("other") is None


def test_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    assert default_cache().folder is None
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path))
    monkeypatch.setenv("DY2STATIC_CACHE_BYTES", "1234")
    assert default_cache() == ObjectCache(tmp_path, 1234)
    monkeypatch.setenv("DY2STATIC_CACHE_BYTES", "much")
    assert default_cache().folder is None
    monkeypatch.delenv("DY2STATIC_CACHE_BYTES")
    monkeypatch.delenv("DY2STATIC_CACHE")
    if sys.platform != "win32":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert default_cache().folder == tmp_path / "dy2static"
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert default_cache().folder == tmp_path / ".cache" / "dy2static"


SCRIPT = """
import sys
sys.path[:0] = {path!r}
from support.native_modules import ADD, program
from graph.aval import Aval, SymDim
from graph.dtypes import float64
import numpy as np
vector = Aval(float64, (SymDim.named("n"),))
(x,) = program(ADD, [vector, vector], [vector])(np.ones(3), np.ones(3))
print(x.tolist())
"""


@pytest.mark.slow
def test_processes_at_once_share_a_cache(tmp_path: Path) -> None:
    environment = {**os.environ, "DY2STATIC_CACHE": str(tmp_path)}
    script = SCRIPT.format(path=[str(ROOT), str(ROOT / "tests")])

    def start() -> "subprocess.Popen[str]":
        return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment, text=True)

    for _ in range(2):
        running = [start() for _ in range(3)]
        assert [process.communicate(timeout=120)[0] for process in running] == ["[2.0, 2.0, 2.0]\n"] * 3
        names = [path.name for path in tmp_path.iterdir() if not path.name.startswith("host-")]
        assert len(names) == 1
        assert names[0].endswith(".dyo")
        # The second time, with a damaged entry.
        (tmp_path / names[0]).write_bytes(b"dy2static object 2\nnonsense")
