"""Each op alone, as a model: ONNX Runtime gives what its kernel gives."""

from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import numpy as np
import pytest

from dy2static.errors import ExportError
from dy2static.export.onnx.agreement import Session, data_parts, difference
from dy2static.export.onnx.model import model_of
from dy2static.export.onnx.subject import Subject
from graph.dtypes import bfloat16
from graph.execute.interpreter import run
from graph.ir.lowering import Choose, Decomposed, Elementwise, Generate, Reshape, View
from graph.ir.onnx_form import AsLowered, NoOnnx
from graph.ir.opdef import all_ops, lookup
from support.native_graphs import graph_of
from support.samples import Sample, all_samples

REFUSED: Final = ("no form in ONNX", "kernel of")
FEW: Final = 2
"""Samples of an op in every run of the tests."""


def is_exportable(sample: Sample) -> bool:
    """Complex numbers have no kernels; ONNX Runtime's Python takes no bfloat16."""
    dtypes = {np.asarray(x).dtype for x in sample.operands}
    is_known = not any(dtype.kind == "c" or dtype == bfloat16 for dtype in dtypes)
    return is_known and not isinstance(lookup(sample.op).onnx, NoOnnx) and not differs(sample)


def differs(sample: Sample) -> bool:
    """What docs/export.md says is not the same: NaN is one value of `Unique`, and wins in no window; a product of no
    images is none; an index of one element is not repeated by `Einsum` in the checker's eyes."""
    has_nan = any(np.asarray(x).dtype.kind == "f" and np.isnan(x).any() for x in sample.operands)
    if sample.op in ("unique_values", "unique_all", "max_pool_positions"):
        return has_nan
    if sample.op == "einsum":
        return 1 in {n for x in sample.operands for n in np.shape(x)}
    return sample.op in ("conv", "conv_input_grad") and not np.shape(sample.operands[0])[0]


SAMPLES: Final = [sample for sample in all_samples() if is_exportable(sample)]
BY_OP: Final = {op: list(found) for op, found in groupby(sorted(SAMPLES, key=attrgetter("op")), key=attrgetter("op"))}


def check(sample: Sample, *, symbolic: bool) -> None:
    graph = graph_of(sample, symbolic=symbolic)
    args = tuple(map(np.asarray, sample.operands))
    names = tuple(f"x{i}" for i in range(len(args)))
    results = tuple(f"y{i}" for i in range(len(graph.results)))
    try:
        model, _ = model_of(Subject(sample.op, graph, len(args), names, results, (args,)))
    except ExportError as error:
        if any(text in error.what for text in REFUSED):
            return
        raise
    found = Session(model, names).run(args)
    wanted: list[Any] = [
        part for v, x in zip(graph.results, run(graph, args), strict=True) for part in data_parts(v.type, x)
    ]
    for x, y in zip(wanted, found, strict=True):
        assert difference(x, y) == "", str(sample)


@pytest.mark.parametrize("op", BY_OP)
def test_samples(op: str) -> None:
    for sample in BY_OP[op][:FEW]:
        check(sample, symbolic=False)


@pytest.mark.slow
@pytest.mark.parametrize("op", BY_OP)
@pytest.mark.parametrize("symbolic", [False, True])
def test_all_samples(op: str, symbolic: bool) -> None:
    for sample in BY_OP[op]:
        try:
            graph_of(sample, symbolic=symbolic)
        except Exception:  # the op needs its sizes
            continue
        check(sample, symbolic=symbolic)


def test_what_declares_nothing_has_a_lowering_that_says_it() -> None:
    said = (Elementwise, View, Reshape, Generate, Decomposed, Choose)
    assert not [op.name for op in all_ops() if isinstance(op.onnx, AsLowered) and not isinstance(op.lower, said)]
