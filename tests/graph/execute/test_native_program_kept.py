"""A graph whose code is on disk: nothing is lowered or compiled again, and nothing else is different."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.errors import InternalError
from graph.execute import blueprint, native_program
from graph.execute.blueprint import Blueprint
from graph.execute.failure import location_of
from graph.execute.native_program import compile_native
from graph.ir.printer import print_graph
from graph.llvm.runtime.object_code import Machine
from graph.location import Loc
from graph.passes.pipeline import optimize
from graph.text.parser import parse

GATHER = """\
graph f(%0 x: f64[n], %1 i: i64[], %2 limit: f64[]) -> (f64[n], f64[]) {
  %3: f64[3] = constant {value=dense<f64[3] [1.0, 2.0, 3.0]>}
  %4: f64[] = sum %3 {axis=(0,), keepdims=False}
  %5: f64[n] = mul %0, %4
  %6: bool[] = lt %4, %2
  check %6, %4 {error='ValueError', forms=('!s:',), parts=('got ', ' instead')}  # model.py:7
  %7: f64[] = sum %5 {axis=(0,), keepdims=False}
  yield %5, %7
}
"""


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path))


def never(*_: Any, **__: Any) -> Any:
    raise InternalError("it is kept")


def test_kept_program_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome(program: Any) -> Any:
        results = program(np.arange(100.0), np.int64(1), np.float64(10))
        with pytest.raises(ValueError, match=r"got 6\.0 instead") as found:
            program(np.arange(100.0), np.int64(1), np.float64(1))
        assert location_of(found.value) == Loc("model.py", 7)
        return [x.tolist() for x in results], program.llvm, program.asm

    fresh = outcome(compile_native(parse(GATHER)))
    with monkeypatch.context() as patch:
        patch.setattr(native_program, "compile_text", never)
        kept = compile_native(parse(GATHER))
        assert outcome(kept) == fresh
        patch.setattr(native_program, "lower", never)
        again = compile_native(parse(GATHER))
        assert [x.tolist() for x in again(np.arange(100.0), np.int64(1), np.float64(10))] == fresh[0]
    assert fresh[0][1] == 29700.0


def test_passes_are_run_where_code_is_made() -> None:
    """The graph that is given is the key, so that a process that finds the code does not run them."""
    args = np.arange(100.0), np.int64(1), np.float64(10)
    assert Blueprint(parse(GATHER), prepare=optimize).kept() is None
    made = Blueprint(parse(GATHER), prepare=optimize).compiled()
    assert "%3: f64[] = constant" in print_graph(made.graph)
    kept = Blueprint(parse(GATHER), prepare=never).kept()
    assert kept is not None
    assert [x.tolist() for x in kept(*args)] == [x.tolist() for x in made(*args)]
    assert Blueprint(parse(GATHER)).kept() is None  # other passes, other code


def test_lines_of_the_user_do_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_native(parse(GATHER))
    monkeypatch.setattr(native_program, "compile_text", never)
    moved = compile_native(parse(GATHER.replace("model.py:7", "model.py:70")))
    with pytest.raises(ValueError, match="got") as found:
        moved(np.arange(100.0), np.int64(1), np.float64(1))
    assert location_of(found.value) == Loc("model.py", 70)


@pytest.mark.parametrize("change", [("2.0", "2.5"), ("mul", "add"), ("f64[n]", "f64[7]")])
def test_every_change_of_the_graph_does(change: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    compile_native(parse(GATHER))
    monkeypatch.setattr(native_program, "compile_text", never)
    with pytest.raises(InternalError, match="it is kept"):
        compile_native(parse(GATHER.replace(*change)))


def test_options_do(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_native(parse(GATHER))
    compile_native(parse(GATHER), exact=True)
    monkeypatch.setattr(native_program, "compile_text", never)
    compile_native(parse(GATHER))
    compile_native(parse(GATHER), exact=True)
    monkeypatch.setattr(native_program, "machine_for", lambda _: Machine("x86_64-unknown-linux-gnu", "i486", ""))
    with pytest.raises(InternalError, match="it is kept"):
        compile_native(parse(GATHER))


def test_new_compiler_compiles_again(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_native(parse(GATHER))
    monkeypatch.setattr(native_program, "compile_text", never)
    monkeypatch.setattr(blueprint, "compiler_version", lambda: "another")
    with pytest.raises(InternalError, match="it is kept"):
        compile_native(parse(GATHER))
