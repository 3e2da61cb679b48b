"""Running one random program in every mode and comparing."""

import contextlib
import dataclasses
import io
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import eager as xp
from dy2static.decorator import StaticFunction, to_static
from eager.tensor import Tensor, wrap
from graph.execute.interpreter import run
from graph.ir.op import Graph
from support.compare import Outcome, difference, outcome
from support.defining import define
from support.differential import REFUSALS, total
from support.programs import f64, i64
from support.random_programs import Block, Box, RandomProgram, render, smaller

GRADIENTS_EVERY = 6
"""Every so many programs, gradients are compared too: they cost as much as the rest."""


def arguments(seed: int) -> list[tuple[Any, ...]]:
    """Arguments of the calls: other data, then another Python number."""
    rng = np.random.default_rng(seed)

    def one(p: int) -> tuple[Any, ...]:
        x, y, a, b = rng.standard_normal(4)
        n = int(rng.integers(-2, 5))
        box, d = Box(f64(a), 1), {"a": f64(b), "b": 2}
        return f64(x), f64(y), i64(n), p, f64(rng.standard_normal(3)), box, d

    return [one(2), one(2), one(int(rng.integers(-1, 4)))]


@dataclass(slots=True)
class Report:
    """What programs came to: `differences` by seed, counts of all else."""

    counts: Counter[str] = field(default_factory=Counter[str])
    differences: dict[int, str] = field(default_factory=dict[int, str])


class Interpreted:
    """A graph as it was staged, run op by op: takes the place of a program's compiled graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        values = run(self._graph, [x._data if isinstance(x, Tensor) else x for x in inputs])
        return [wrap(x) if isinstance(x, np.ndarray | np.generic) else x for x in values]


def check_source(source: str, seed: int, counts: Counter[str] | None = None, *, gradients: bool = False) -> str:
    """Where the modes differ on this program, in words; empty when they agree."""
    counts = Counter() if counts is None else counts
    function = define(source, file=f"<random {seed}>", xp=xp)
    static = to_static(function)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for args in arguments(seed):
            expected = outcome(function, args)
            what = _check_call(static, expected, args, counts)
            if what:
                return what
        if gradients:
            return _check_gradients(function, arguments(seed)[0], counts)
    return ""


def _check_call(static: StaticFunction, expected: Outcome, args: Sequence[Any], counts: Counter[str]) -> str:
    found = outcome(static, args)
    if isinstance(found.error, REFUSALS):
        counts[f"refused: {type(found.error).__name__}"] += 1
        return ""
    counts["raises" if expected.error else "returns"] += 1
    what = difference(expected, found, args, adapts=True)
    if what:
        return f"NumPy program: {what}"
    if static.cache.latest is None:
        return ""

    def interpreted(*own: Any) -> Any:
        program, call = static.cache.find(own, {})
        oracle: Any = Interpreted(program.staged.graph)
        return dataclasses.replace(program, compiled=oracle).run(call, own, {})

    if found.error is not None and type(found.error).__name__ in ("RecursionError",):
        return ""
    what = difference(expected, outcome(interpreted, args), args, adapts=True)
    return f"interpreter: {what}" if what else ""


def _check_gradients(function: Any, args: Sequence[Any], counts: Counter[str]) -> str:
    """The tape over eager code against the tape over the static function."""
    if outcome(function, args).error is not None:
        return ""
    static = to_static(function)
    found = []
    for run_it in (function, static):
        own = arguments_like(args)

        def loss(x: Any, y: Any, v: Any, own: Any = own, run_it: Any = run_it) -> Any:
            return total(run_it(x, y, own[2], own[3], v, own[5], own[6]))

        try:
            with contextlib.redirect_stdout(io.StringIO()):
                found.append(xp.grad(loss, (0, 1, 2))(own[0], own[1], own[4]))
        except REFUSALS:
            return ""
    counts["gradients"] += 1
    for name, a, b in zip("xyv", *found, strict=True):
        if not np.allclose(np.asarray(a), np.asarray(b), rtol=1e-8, atol=1e-8, equal_nan=True):
            return f"gradient by {name}: eager {a}, static {b}"
    return ""


def arguments_like(args: Sequence[Any]) -> list[Any]:
    x, y, n, p, v, box, d = args
    return [x, y, n, p, v, Box(box.a, box.c), dict(d)]


def check_seed(seed: int, report: Report) -> None:
    """Make a program of the seed and check it; a difference goes to the report with the smallest such program."""
    block = RandomProgram(seed, size=6 + seed % 18).block()
    what = _guarded(block, seed, report.counts)
    report.counts["programs"] += 1
    if what:
        block, what = shrink(block, seed, what)
        report.differences[seed] = f"seed {seed}\n{render(block)}\n{what}"


def _guarded(block: Block, seed: int, counts: Counter[str] | None = None) -> str:
    try:
        return check_source(render(block), seed, counts, gradients=seed % GRADIENTS_EVERY == 0)
    except SyntaxError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def shrink(block: Block, seed: int, what: str, most: int = 400) -> tuple[Block, str]:
    """A smaller program that differs too, and how."""
    tries = 0
    progress = True
    while progress and tries < most:
        progress = False
        for less in smaller(block):
            tries += 1
            found = _guarded(less, seed)
            if found and found.split(":")[0] == what.split(":")[0]:
                block, what, progress = less, found, True
                break
            if tries >= most:
                break
    return block, what
