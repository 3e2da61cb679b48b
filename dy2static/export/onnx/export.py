"""`export_onnx`: a function as an ONNX model, checked before the file is there."""

import contextlib
import itertools
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from dy2static.debug.tracebacks import hide_ours
from dy2static.errors import ExportError, ExportWarning
from dy2static.export.onnx.agreement import Session, data_parts, difference, largest
from dy2static.export.onnx.coverage import MOST_IN_ALL, MOST_OPS, Coverage, TooLongError
from dy2static.export.onnx.kernels import OPSET
from dy2static.export.onnx.model import model_of, write
from dy2static.export.onnx.probes import probes
from dy2static.export.onnx.subject import Subject, subject_of
from dy2static.export.onnx.writer import elem_type
from dy2static.tracing.example import Example
from graph.dtypes import bfloat16
from graph.execute.interpreter import run
from graph.ir.op import Graph
from graph.location import Loc
from graph.passes.erase_effects import erase_shown

NUDGE: Final = 1e-12
"""By how much of themselves inputs are moved, to see whether that matters; of float32, by its last digit."""


@dataclass(frozen=True, slots=True)
class OnnxReport:
    """What was written, and what was seen of it before it was."""

    path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: int
    opset: int
    runs: int
    """Inputs for which ONNX Runtime gave what the oracle gave: the examples, and others made of them."""
    unreached: tuple[str, ...]
    """Branches that fewer than two of these took, and loops that did not make no trips, one, and many."""
    dropped: tuple[str, ...]
    """What the function does besides, and the model does not: `print` and log records, by line."""

    def __str__(self) -> str:
        lines = [
            f"{self.path}: {self.nodes} nodes, opset {self.opset}",
            f"  inputs: {', '.join(self.inputs) or 'none'}; outputs: {', '.join(self.outputs)}",
            f"  ONNX Runtime agrees on {self.runs} input{'s' * (self.runs != 1)}" if self.runs else "  not checked",
            *(f"  not reached: {text}" for text in self.unreached),
            *(f"  left out: {text}" for text in self.dropped),
        ]
        return "\n".join(lines)


def export_onnx(
    f: Any, path: str | os.PathLike[str], *args: Any, allow_baked: bool = False, check: bool = True, **kwargs: Any
) -> OnnxReport:
    """Write a function as an ONNX model, with its branches as `If` and its loops as `Loop`.

        report = export_onnx(model, "model.onnx", x)

    `f` is a static function, a traced one, any other function or module (converted with `to_static`), or a graph; the
    arguments are examples, as for a call, or several `Example(...)`, whose sizes that differ are free. Free dims keep
    the names of `input_spec`. Tensors that the function reads besides its arguments become part of the model.

    Before the file is there, `onnx.checker` has taken the model, and ONNX Runtime has given what the graph gives: on
    the examples and on inputs made up of them, so that each branch is taken by two inputs, and each loop makes no
    trips, one and many; what none of them reached is in the report. `check=False` leaves that out.

    Raises: ExportError for what a model cannot hold or do, for a trace with decisions (unless `allow_baked`; the model
    then fails where they do not hold), and where the runtime gives something else: then there is no file, and one that
    was there stays. ExportWarning for `print` and log records, which are left out.
    """
    try:
        return _exported(f, Path(path), _examples(args, kwargs), allow_baked, check)
    except Exception as error:
        hide_ours(error)
        raise


def _examples(args: Sequence[Any], kwargs: dict[str, Any]) -> list[Example]:
    if args and all(isinstance(x, Example) for x in args):
        if kwargs:
            raise TypeError("keyword arguments belong into the examples: `Example(x, flag=True)`")
        return list(args)
    return [Example(*args, **kwargs)]


def _exported(f: Any, path: Path, examples: Sequence[Example], allow_baked: bool, check: bool) -> OnnxReport:
    subject = subject_of(f, examples, allow_baked)
    model, translator = model_of(subject)
    names = tuple(x.name for x in model.graph.input)
    with np.errstate(all="ignore"):  # what is made up overflows
        runs, unreached = _checked(subject, model, names) if check else (0, ())
    dropped = tuple(dict.fromkeys(translator.dropped))
    write(model, path)
    for what, loc in dropped:
        _warn(what, loc)
    return OnnxReport(
        str(path),
        names,
        tuple(x.name for x in model.graph.output),
        len(model.graph.node),
        OPSET,
        runs,
        unreached,
        tuple(f"{loc}: {what}" for what, loc in dropped),
    )


def _checked(subject: Subject, model: Any, names: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    if any(x.type.tensor_type.elem_type == elem_type(bfloat16) for x in (*model.graph.input, *model.graph.output)):
        raise ExportError(
            "ONNX Runtime's Python takes and gives no bfloat16, so the model cannot be checked",
            next_step="cast to float32 at both ends, or pass `check=False`.",
        )
    session, coverage = Session(model, names), Coverage()
    graph, runs, most = erase_shown(subject.graph), 0, MOST_IN_ALL
    corpus = [example[: subject.inputs] for example in subject.examples]
    for number, args in enumerate(itertools.chain(subject.examples, _made_up(subject, corpus))):
        is_example = number < len(subject.examples)
        most = coverage.ops + MOST_IN_ALL if is_example else most
        if not is_example and (coverage.ops > most or not coverage.unreached(graph)):
            break
        try:
            results, is_new = coverage.taken(graph, args, MOST_OPS if not is_example else None)
        except TooLongError:
            continue
        except Exception as error:  # of the program
            _compare_failure(subject, session, args, error)
            continue
        if is_example or is_new:
            text = _difference(subject, session, args, results)
            if text and not is_example and _is_unstable(subject, graph, args, results):
                continue
            if text:
                raise ExportError(
                    f"ONNX Runtime gives another {text}",
                    next_step="report it: a model that differs is never written.",
                )
            runs += 1
            corpus.append(args[: subject.inputs])
    return runs, coverage.unreached(graph)


def _made_up(subject: Subject, corpus: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    params = subject.graph.params[: subject.inputs]
    for args in probes(params, corpus):
        yield (*args, *subject.held)


def _given(subject: Subject, args: Sequence[Any]) -> list[Any]:
    types = [p.type for p in subject.graph.params[: subject.inputs]]
    return [part for t, x in zip(types, args, strict=False) for part in data_parts(t, x)]


def _compare_failure(subject: Subject, session: Session, args: Sequence[Any], error: Exception) -> None:
    """Raises: ExportError where the runtime does not fail as well."""
    try:
        session.run(_given(subject, args))
    except Exception:  # of the runtime's own classes
        return
    raise ExportError(
        f"ONNX Runtime gives results where the graph raises {type(error).__name__}: {error}",
        next_step="test the argument beforehand, with `assert`, which becomes part of the model.",
    ) from error


def _difference(subject: Subject, session: Session, args: Sequence[Any], results: Sequence[Any]) -> str:
    """The first output that differs, and how; empty where none does. Raises: ExportError where the runtime fails."""
    given = _given(subject, args)
    try:
        found = session.run(given)
    except Exception as error:  # of the runtime's own classes
        raise ExportError(
            f"ONNX Runtime fails where the graph does not: {' '.join(str(error).split())[:600]}",
            next_step="report it: a program that we accept should export.",
        ) from error
    texts = _differences(subject, results, found, largest([x for x in given if not isinstance(x, list)]))
    return next(texts, "")


def _differences(subject: Subject, results: Sequence[Any], found: Sequence[Any], scale: float) -> Iterator[str]:
    parts = [part for v, x in zip(subject.graph.results, results, strict=True) for part in data_parts(v.type, x)]
    for name, wanted, got in zip(subject.results, parts, found, strict=True):
        text = difference(wanted, got, scale)
        if text:
            yield f"`{name}`: {text}"


def _is_unstable(subject: Subject, graph: Graph, args: Sequence[Any], results: Sequence[Any]) -> bool:
    """Whether the graph itself gives something else where its inputs are off by a last digit: what was made up may lie
    where a program has no answer. Such an input decides nothing."""
    moved = [x * (1 + np.maximum(NUDGE, np.finfo(x.dtype).eps)) if _is_floating(x) else x for x in args]
    with contextlib.suppress(Exception):
        others = run(graph, [x.astype(y.dtype) if _is_floating(y) else x for x, y in zip(moved, args, strict=True)])
        found = [part for v, x in zip(graph.results, others, strict=True) for part in data_parts(v.type, x)]
        return any(_differences(subject, results, found, 0.0))
    return True


def _is_floating(x: Any) -> bool:
    return not isinstance(x, list) and x.dtype.kind == "f"


def _warn(what: str, loc: Loc) -> None:
    warnings.warn_explicit(
        f"{loc}: {what} is left out of the ONNX model", ExportWarning, loc.file or "<graph>", max(loc.line, 1)
    )
