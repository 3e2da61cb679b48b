"""`export_onnx`: what a model holds, what it is called, what is refused, and when there is a file."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import eager as xp
from dy2static import Example, ExportError, ExportWarning, TraceWarning, export_onnx, to_static, trace
from dy2static.export.onnx import agreement
from eager import nn
from graph.aval import Aval
from graph.dtypes import float64
from graph.ir.builder import GraphBuilder


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def kinds(graph: Any) -> set[str]:
    found = {node.op_type for node in graph.node}
    for node in graph.node:
        found |= {kind for attr in node.attribute if attr.HasField("g") for kind in kinds(attr.g)}
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        hidden = xp.tanh(self.first(x))
        if xp.sum(hidden) > 0:
            hidden = hidden * 2
        return self.second(hidden)


def test_weights_are_part_of_the_model(path: Path) -> None:
    net = Net()
    report = export_onnx(net, path, xp.ones((2, 3), dtype=xp.float32))
    assert report.inputs == ("x",)
    x = np.full((2, 3), -0.5, np.float32)
    assert np.allclose(session(path).run(None, {"x": x})[0], np.asarray(net(xp.asarray(x)).numpy()), atol=1e-6)


def test_sizes_that_differ_between_examples_are_free(path: Path) -> None:
    examples = [Example(xp.ones((n, 3), dtype=xp.float32)) for n in (2, 5)]
    export_onnx(Net(), path, *examples)
    (given,) = session(path).get_inputs()
    assert isinstance(given.shape[0], str)
    for n in (0, 1, 7):
        assert session(path).run(None, {"x": np.ones((n, 3), np.float32)})[0].shape == (n, 2)


def test_declared_dims_keep_their_names(path: Path) -> None:
    @to_static(input_spec="b t 4")
    def mean(x):
        return xp.mean(x, axis=1)

    export_onnx(mean, path, xp.ones((2, 3, 4)))
    assert session(path).get_inputs()[0].shape == ["b", "t", 4]


def test_structured_arguments_and_results_have_names(path: Path) -> None:
    @to_static
    def f(state, pair):
        return {"sum": state["a"] + pair[0], "both": (pair[1], state["a"] * 2)}

    report = export_onnx(f, path, {"a": xp.ones(2)}, (xp.ones(2), xp.zeros(2)))
    assert report.inputs == ("state_a", "pair_0", "pair_1")
    assert report.outputs == ("output_sum", "output_both_0", "output_both_1")


def test_an_output_that_is_an_input(path: Path) -> None:
    @to_static
    def f(x):
        return x, x, x + 1

    export_onnx(f, path, xp.ones(2))
    assert [y.tolist() for y in session(path).run(None, {"x": np.zeros(2)})] == [[0, 0], [0, 0], [1, 1]]


def test_an_optional_that_holds_a_missing_one_is_missing(path: Path) -> None:
    @to_static
    def f(x):
        inner = (x, x * 2) if x > 1 else None
        return [inner, x] if x > 0 else None

    flags = export_onnx(f, path, xp.asarray(2.0)).outputs
    assert flags[:4] == ("output.is_some", "output_0.is_some.0", "output_0.is_some.1", "output_0_0.0")
    for x, wanted in ((2.0, True), (0.5, False)):
        outer, _, *inner = session(path).run(flags[:5], {"x": np.asarray(x)})
        assert bool(outer)
        assert [bool(flag) for flag in inner] == [wanted, wanted, wanted]


def test_a_graph(path: Path) -> None:
    b = GraphBuilder("double")
    x = b.param(Aval(float64, (2,)), "x")
    export_onnx(b.build([b.add(x, x)]), path, np.ones(2))
    assert session(path).run(None, {"x": np.ones(2)})[0].tolist() == [2, 2]


def test_the_report_says_what_no_input_reached(path: Path) -> None:
    @to_static
    def f(x):
        if xp.sum(x) > 1e9:
            return x
        return -x

    report = export_onnx(f, path, xp.ones(2))
    (text,) = report.unreached
    assert text.endswith("the branch for true was taken by no run")
    assert report.runs >= 1
    assert text in str(report)


def test_unchecked(path: Path) -> None:
    report = export_onnx(to_static(lambda x: x + 1), path, xp.ones(2), check=False)
    assert (report.runs, report.unreached) == (0, ())
    assert "not checked" in str(report)


def test_nodes_say_where_they_come_from(path: Path) -> None:
    @to_static
    def f(x):
        return xp.exp(x)

    export_onnx(f, path, xp.ones(2))
    (node,) = [node for node in onnx.load(path).graph.node if node.op_type == "Exp"]
    assert "test_export.py" in node.doc_string


def test_remainders_of_large_integers(path: Path) -> None:
    export_onnx(to_static(lambda x, y: (x % y, x // y)), path, xp.asarray([-5, 7]), xp.asarray([3, 3]))
    x, y = np.array([2**62 + 1, -(2**62) - 1]), np.array([10**9 + 7, 3])
    remainder, quotient = session(path).run(None, {"x": x, "y": y})
    assert remainder.tolist() == (x % y).tolist()
    assert quotient.tolist() == (x // y).tolist()


# Traces


def flips(x: Any) -> Any:
    return x * 2 if x.sum() > 0 else x - 1


def test_a_trace_with_decisions_is_refused(path: Path) -> None:
    with pytest.warns(TraceWarning):
        traced = trace(flips, xp.ones(2))
    with pytest.raises(ExportError, match="bool is True") as error:
        export_onnx(traced, path, xp.ones(2))
    assert "allow_baked=True" in error.value.next_step
    assert not path.exists()


def test_a_baked_trace_fails_where_its_decisions_do_not_hold(path: Path) -> None:
    with pytest.warns(TraceWarning):
        traced = trace(flips, xp.ones(2))
    export_onnx(traced, path, xp.ones(2), allow_baked=True)
    assert session(path).run(None, {"x": np.ones(2)})[0].tolist() == [2, 2]
    with pytest.raises(Exception, match="the trace was recorded with True for this bool"):
        session(path).run(None, {"x": -np.ones(2)})


def test_a_trace_without_decisions(path: Path) -> None:
    export_onnx(trace(lambda x: xp.tanh(x), xp.ones(2)), path, xp.ones(2))
    assert path.exists()


# What a run does besides


def test_prints_are_left_out_with_a_warning(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    @to_static
    def f(x):
        print("seen", x)
        return x + 1

    with pytest.warns(ExportWarning, match="print is left out"):
        report = export_onnx(f, path, xp.ones(2))
    assert "print" in report.dropped[0]
    assert capsys.readouterr().out == ""


def test_an_assert_fails_in_the_model_with_its_words(path: Path) -> None:
    @to_static
    def f(x):
        for row in x:
            assert xp.sum(row) < 10, "too large"
        return x + 1

    export_onnx(f, path, xp.ones((2, 2)))
    assert session(path).run(None, {"x": np.ones((2, 2))})[0].tolist() == [[2, 2], [2, 2]]
    with pytest.raises(Exception, match="AssertionError: too large"):
        session(path).run(None, {"x": np.array([[1.0, 1.0], [9.0, 9.0]])})


def test_an_index_out_of_range_fails_in_the_model(path: Path) -> None:
    export_onnx(to_static(lambda x, i: x[i]), path, xp.asarray([1.0, 2.0]), xp.asarray(1))
    assert session(path).run(None, {"x": np.array([1.0, 2.0]), "i": np.array(-2)})[0] == 1.0
    with pytest.raises(Exception, match="out of data bounds"):
        session(path).run(None, {"x": np.array([1.0, 2.0]), "i": np.array(2)})


# Refusals


def refused(f: Any, path: Path, *args: Any) -> ExportError:
    with pytest.raises(ExportError) as error:
        export_onnx(to_static(f), path, *args)
    assert not path.exists()
    return error.value


def test_an_op_without_a_form_is_named_at_its_line(path: Path) -> None:
    error = refused(lambda x: xp.linalg.inv(x), path, xp.eye(2))
    assert "`inv` has no form in ONNX" in error.what
    assert "xp.linalg.inv(x)" in str(error)


def test_recursion_is_refused(path: Path) -> None:
    def factorial(n):
        if n <= 1:
            return n
        return n * factorial(n - 1)

    assert "`factorial` calls itself" in refused(factorial, path, xp.asarray(3.0)).what


def test_a_try_is_refused(path: Path) -> None:
    def f(x, i):
        try:
            return x[i]
        except IndexError:
            return x[0]

    assert "cannot go on" in refused(f, path, xp.ones(2), xp.asarray(1)).what


def test_state_is_refused(path: Path) -> None:
    def f(x):
        x += 1
        return x

    assert "changes what its caller holds" in refused(f, path, xp.ones(2)).what


def test_texts_are_refused(path: Path) -> None:
    assert "a model gives tensors" in refused(lambda x: "a" if x > 0 else "b", path, xp.asarray(1.0)).what


def test_nothing_is_refused(path: Path) -> None:
    assert "returns nothing" in refused(lambda x: None, path, xp.asarray(1.0)).what


def test_complex_numbers_are_refused(path: Path) -> None:
    assert "no complex numbers" in refused(lambda x: x * 1j, path, xp.ones(2)).what


# Files


def test_a_model_that_differs_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_onnx(to_static(lambda x: x + 1), path, xp.ones(2))
    before = path.read_bytes()
    run = agreement.Session.run

    def off(self: Any, args: Any) -> Any:
        return [y + 1e-3 for y in run(self, args)]

    monkeypatch.setattr(agreement.Session, "run", off)
    with pytest.raises(ExportError, match="ONNX Runtime gives another `output`"):
        export_onnx(to_static(lambda x: x + 1), path, xp.ones(2))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_left_where_writing_fails(path: Path) -> None:
    path.mkdir()
    with pytest.raises(OSError, match=r"model\.onnx"):
        export_onnx(to_static(lambda x: x + 1), path, xp.ones(2))
    assert list(path.parent.iterdir()) == [path]


def test_keyword_arguments_and_examples_do_not_mix(path: Path) -> None:
    with pytest.raises(TypeError, match="belong into the examples"):
        export_onnx(to_static(lambda x: x), path, Example(xp.ones(2)), y=1)


def test_control_flow_is_that_of_onnx(path: Path) -> None:
    @to_static
    def f(x):
        while xp.sum(x) < 10:
            x = x * 3 if xp.sum(x) > 5 else x + 1
        return x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = export_onnx(f, path, xp.ones(2))
    assert {"If", "Loop"} <= kinds(onnx.load(path).graph)
    assert not [text for text in report.unreached if "branch" in text]
