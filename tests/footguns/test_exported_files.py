"""Footguns of exported files: what ONNX models of programs with control flow do."""

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import eager as xp
from dy2static import ExportError, OnnxReport, export_onnx, to_static
from dy2static.export.onnx.agreement import difference
from graph.errors import BranchTypeError


def agrees(f: Callable[..., Any], path: Path, *calls: Sequence[Any]) -> OnnxReport:
    """Exports by the first call; ONNX Runtime gives for all of them what plain Python gives."""
    report = export_onnx(to_static(f), path, *map(xp.asarray, calls[0]))
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    for call in calls:
        wanted = f(*map(xp.asarray, copy.deepcopy(call)))
        found = session.run(None, dict(zip(report.inputs, map(np.asarray, call), strict=True)))
        parts = wanted if isinstance(wanted, tuple) else (wanted,)
        assert len(parts) == len(found)
        for x, y in zip(parts, found, strict=True):
            expected = [item.numpy() for item in x] if isinstance(x, list) else x
            expected = expected if isinstance(expected, list | int) else expected.numpy()
            assert difference(np.asarray(expected) if isinstance(expected, int) else expected, y) == ""
    return report


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


POSITIVE, NEGATIVE = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, -4.0])


def test_14_a_branch_output_from_the_outer_scope(path: Path) -> None:
    def f(x):
        y = x * 2
        if xp.sum(x) > 0:
            z = y
        else:
            z = x
        return z

    agrees(f, path, (POSITIVE,), (NEGATIVE,), (POSITIVE * 5,), (NEGATIVE * 5,))


def test_14_a_branch_that_gives_one_value_twice(path: Path) -> None:
    def f(x):
        if xp.sum(x) > 0:
            a = b = x + 1
        else:
            a, b = x - 1, x
        return a, b, x

    agrees(f, path, (POSITIVE,), (NEGATIVE,))


def test_14_ranks_that_differ_are_named_at_the_branch(path: Path) -> None:
    def f(x):
        if xp.sum(x) > 0:
            y = x
        else:
            y = xp.sum(x)
        return y

    with pytest.raises(BranchTypeError, match=r"f64\[3\].*f64\[\]"):
        export_onnx(to_static(f), path, xp.asarray(POSITIVE))
    assert not path.exists()


def test_14_sizes_that_differ_between_branches(path: Path) -> None:
    def f(x):
        if xp.sum(x) > 0:
            y = xp.concat([x, x])
        else:
            y = x[:1]
        return y * 2

    agrees(f, path, (POSITIVE,), (NEGATIVE,))


def test_14_several_outputs_and_nesting(path: Path) -> None:
    def f(x, n):
        total, count = xp.sum(x) * 0, n * 0
        for i in range(n):
            if x[i % 3] > 0:
                j = 0
                while j < i:
                    total = total + x[i % 3] * j
                    j += 1
                count = count + 1
            else:
                total = total - 1
        return total, count

    agrees(f, path, *((x, np.int64(n)) for x in (POSITIVE, NEGATIVE) for n in (0, 1, 7)))


def test_14_zero_one_and_many_trips(path: Path) -> None:
    def f(x, limit):
        while xp.sum(x) < limit:
            x = x * 2
        return x

    calls = [(POSITIVE, np.float64(limit)) for limit in (-1.0, 7.0, 1e4)]
    report = agrees(f, path, *calls)
    assert report.runs >= 3
    assert report.unreached == ()


def test_14_break_and_continue(path: Path) -> None:
    def f(x, limit):
        total = xp.sum(x) * 0
        for v in x:
            if v < 0:
                continue
            total = total + v
            if total > limit:
                break
        return total

    agrees(f, path, *((x, np.float64(limit)) for x in (POSITIVE, NEGATIVE) for limit in (0.5, 2.5, 100.0)))


def test_14_return_out_of_a_loop(path: Path) -> None:
    def f(x, limit):
        for i in range(10):
            x = x * 2
            if xp.max(x) > limit:
                return x, i
        return x - 1, -1

    agrees(f, path, *((POSITIVE, np.float64(limit)) for limit in (0.0, 50.0, 1e9)))


def test_14_a_list_that_grows_in_a_loop(path: Path) -> None:
    def f(x, n):
        out = []
        for i in range(n):
            if xp.sum(x) > i:
                out.append(x * i)
        return out

    agrees(f, path, *((x, np.int64(n)) for x in (POSITIVE, NEGATIVE) for n in (0, 1, 9)))


def test_14_a_list_that_is_changed_and_stacked(path: Path) -> None:
    def f(x, n):
        out = [x]
        for i in range(n):
            out.append(out[-1] + i)
            if xp.sum(out[-1]) > 10:
                out[0] = out.pop()
        return xp.stack(out)

    agrees(f, path, *((POSITIVE, np.int64(n)) for n in (0, 1, 6)))


def test_14_sizes_that_change_over_trips(path: Path) -> None:
    def f(x, n):
        for _ in range(n):
            x = xp.concat([x, x[-1:] * 2])
        return x

    agrees(f, path, *((POSITIVE, np.int64(n)) for n in (0, 1, 5)))


def test_14_what_may_be_missing(path: Path) -> None:
    def f(x):
        best = None
        for v in x:
            if v > 0 and (best is None or v < best):
                best = v
        return xp.sum(x) if best is None else best

    agrees(f, path, (POSITIVE,), (NEGATIVE,), (-POSITIVE,))


def test_14_one_model_serves_all_batches(path: Path) -> None:
    @to_static(input_spec="b 3")
    def f(x):
        total = x[:0]
        for row in x:
            total = xp.concat([total, xp.expand_dims(row * 2, axis=0)])
        return total

    export_onnx(f, path, xp.ones((2, 3)))
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    for n in (0, 1, 2, 1000):
        x = np.arange(3.0 * n).reshape(n, 3)
        assert np.array_equal(session.run(None, {"x": x})[0], x * 2)


def test_14_what_cannot_be_exported_leaves_no_file(path: Path) -> None:
    @to_static
    def f(x):
        if xp.sum(x) > 0:
            x = xp.linalg.inv(x)
        return x

    with pytest.raises(ExportError, match="`inv` has no form in ONNX"):
        export_onnx(f, path, xp.eye(2))
    assert list(path.parent.iterdir()) == []
