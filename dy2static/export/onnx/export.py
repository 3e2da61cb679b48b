"""`export_onnx`: a function as an ONNX model, checked before the file is there."""

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dy2static.debug.tracebacks import hide_ours
from dy2static.errors import ExportError, ExportWarning
from dy2static.export.onnx.agreement import Session, data_parts, difference
from dy2static.export.onnx.coverage import Coverage
from dy2static.export.onnx.kernels import OPSET
from dy2static.export.onnx.model import model_of, write
from dy2static.export.onnx.probes import probes
from dy2static.export.onnx.subject import Subject, subject_of
from dy2static.tracing.example import Example
from graph.location import Loc

MOST_PROBES: Final = 64
"""Inputs that are made up for one example."""


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
            f"  ONNX Runtime agrees on {self.runs} inputs" if self.runs else "  not checked",
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
    session, coverage = Session(model, names), Coverage()
    runs = 0
    for args in subject.examples:
        results, _ = coverage.taken(subject.graph, args)
        _compare(subject, session, args, results)
        runs += 1
    for args in _made_up(subject):
        try:
            results, is_new = coverage.taken(subject.graph, args)
        except Exception:  # no input that the function takes
            continue
        if is_new:
            _compare(subject, session, args, results)
            runs += 1
        if not coverage.unreached(subject.graph):
            break
    return runs, coverage.unreached(subject.graph)


def _made_up(subject: Subject) -> Iterator[tuple[Any, ...]]:
    params = subject.graph.params[: subject.inputs]
    for example in subject.examples:
        given, held = example[: subject.inputs], example[subject.inputs :]
        for number, args in enumerate(probes(params, given)):
            if number == MOST_PROBES:
                break
            yield (*args, *held)


def _compare(subject: Subject, session: Session, args: Sequence[Any], results: Sequence[Any]) -> None:
    """Raises: ExportError naming the output that differs."""
    types = [p.type for p in subject.graph.params[: subject.inputs]]
    given = [part for t, x in zip(types, args, strict=False) for part in data_parts(t, x)]
    try:
        found = session.run(given)
    except Exception as error:  # of the runtime's own classes
        raise ExportError(
            f"ONNX Runtime fails where the graph does not: {' '.join(str(error).split())[:600]}",
            next_step="report it: a program that we accept should export.",
        ) from error
    parts = [part for v, x in zip(subject.graph.results, results, strict=True) for part in data_parts(v.type, x)]
    for name, wanted, got in zip(subject.results, parts, found, strict=True):
        text = difference(wanted, got)
        if text:
            raise ExportError(
                f"ONNX Runtime gives another `{name}`: {text}",
                next_step="report it: a model that differs is never written.",
            )


def _warn(what: str, loc: Loc) -> None:
    warnings.warn_explicit(
        f"{loc}: {what} is left out of the ONNX model", ExportWarning, loc.file or "<graph>", max(loc.line, 1)
    )
