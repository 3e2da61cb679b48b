"""Every program of tests/programs in every mode, against the same function run as plain Python."""

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dy2static.cache import compiled
from dy2static.cache.compiled import Executor
from graph.execute.interpreter import run
from graph.execute.meanwhile import is_seen
from graph.execute.numpy_program import compile_program
from graph.ir.op import Graph
from graph.passes.small_tensors import small_tensors_as_numbers
from support.differential import check_gradients, check_outside, check_static
from support.programs import all_programs
from support.values import assert_same, copy_of

PROGRAMS = all_programs()
WITH_GRADIENTS = [name for name, program in PROGRAMS.items() if program.grad]


# Staging takes most of the time, so one staging serves the NumPy program and the interpreter, but where one would see
# both run.
@pytest.mark.parametrize("executor", ["numpy", "native", pytest.param("interpreter", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", PROGRAMS)
def test_static(name: str, executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Graph] = []
    with monkeypatch.context() as patch:
        if executor == "numpy":
            patch.setattr(compiled, "compile_program", functools.partial(interpreted, seen=seen))
        check_static(PROGRAMS[name], executor)
    if seen:
        check_static(PROGRAMS[name], "interpreter")


# One of two stands for its neighbour.
@pytest.mark.parametrize(
    ("name", "fresh"),
    [pytest.param(name, i % 4 < 2, marks=[pytest.mark.slow] if i % 2 else []) for i, name in enumerate(PROGRAMS)],
)
def test_with_arguments_found_outside(name: str, fresh: bool) -> None:
    check_outside(PROGRAMS[name], fresh=fresh)


def meanwhile(graph: Graph) -> Callable[..., Any]:
    """The NumPy program of a graph, where the one that runs until native code is there does the same, bit for bit."""
    quick = compile_program(small_tensors_as_numbers(graph), leave=lambda: None, when=[])

    def checked(*args: Any) -> Any:
        results = quick(*args)
        assert not any(isinstance(x, int | float) and not isinstance(x, np.generic) for x in results)
        return results

    return beside(graph, checked)


def interpreted(graph: Graph, seen: list[Graph] | None = None) -> Callable[..., Any]:
    """The NumPy program of a graph, where the interpreter does the same, bit for bit; it is noted in `seen` where one
    would see both run."""
    if seen is not None and is_seen(graph):
        seen.append(graph)
    return beside(graph, lambda *args: run(graph, args))


def beside(graph: Graph, other: Callable[..., Any]) -> Callable[..., Any]:
    """The NumPy program of a graph; it fails where `other` gives other values, unless one would see both run."""
    usual = compile_program(graph)

    def both(*args: Any) -> Any:
        given = copy_of(list(args))
        try:
            expected = usual(*args)
        except Exception as error:
            with pytest.raises(type(error), match=f"^{re.escape(str(error))}"):
                other(*given)
            raise
        assert_same(other(*given), expected)
        return expected

    return usual if is_seen(graph) else both


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_meanwhile(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "compile_program", meanwhile)
    check_static(PROGRAMS[name], "numpy")


# Native code for both halves of each gradient takes minutes to compile.
@pytest.mark.parametrize(
    "executor", ["numpy", *(pytest.param(x, marks=pytest.mark.slow) for x in ("interpreter", "native"))]
)
@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_gradients(name: str, executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    if executor == "numpy":
        monkeypatch.setattr(compiled, "compile_program", interpreted)
    is_within = executor != "numpy" or WITH_GRADIENTS.index(name) % 2 == 0  # one of two stands for its neighbour
    assert check_gradients(PROGRAMS[name], executor, is_within), "no case has a gradient"


def test_the_corpus_is_large() -> None:
    assert len(PROGRAMS) >= 120
    assert sum(bool(program.grad) for program in PROGRAMS.values()) >= 50
