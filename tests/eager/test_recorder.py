import threading
from typing import Any

import numpy as np
import pytest

import eager as xp
from eager.dispatch import active, recording
from graph.errors import ShapeError
from support.recorders import Watcher, record, run_graph


def test_the_recorder_sees_ops_conversions_and_changes() -> None:
    x = xp.asarray([1.0, 2.0])
    watcher = Watcher()
    with recording(watcher):
        y = x + 1
        if y[0] > 0:
            x[0] = 5.0
        x += 1.0
        assert float(y[1]) == 3
        assert len(x) == 2
        assert [float(v) for v in x] == [6, 3]
        assert np.asarray(y).tolist() == [2, 3]
        assert xp.zeros(int(xp.asarray(2))).shape == (2,)
        assert [7, 8][xp.asarray(1)] == 8
        assert y[1].item() == 3.0
    assert [name for name in watcher.log if name != "float"] == [
        *("add", "index", "gt", "bool", "index_set", "mutated [1. 2.]", "add", "mutated [5. 2.]", "index", "len"),
        *("iter", "index", "index", "array", "constant", "int", "full", "constant", "index", "index", "item"),
    ]
    assert active() is None
    assert x.tolist() == [6, 3]


def test_recorder_is_of_one_thread() -> None:
    seen: list[Any] = []
    with recording(Watcher()):
        thread = threading.Thread(target=lambda: seen.append(active()))
        thread.start()
        thread.join()
        with recording(None):
            seen.append(active())
        assert active() is not None
    assert seen == [None, None]


def test_tape_under_a_recorder() -> None:
    p = xp.Parameter([1.0, 2.0])
    watcher = Watcher()
    with recording(watcher):
        (p * p).sum().backward()
        assert watcher.log.count("mul") == 3
    assert p.grad.tolist() == [2, 4]


PROGRAMS: list[Any] = [
    lambda x: xp.sum(xp.sin(x) * x),
    lambda x: (x * 2 + x.sum(axis=0, keepdims=True)).mean(),
    lambda x: xp.max(x) + x[0] * x[-1] + x[1:].sum(),
    lambda x: (x.reshape(-1, 1) * x).sum(),
    lambda x: xp.softmax(x)[0] + xp.std(x),
    lambda x: xp.concat([x, x * x]).sum() + xp.stack([x, x]).mean(),
    lambda x: (xp.full(x.shape, 2.0) * x).sum() + (xp.broadcast_to(x, (3, x.shape[0])) ** 2).sum(),
    lambda x: xp.sort(x)[0] * x.size,
    lambda x: xp.arange(x.shape[0]) @ x,
    lambda x: xp.pad(x, (1, 2))[2] * xp.flip(x)[0],
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_of_symbolic_sizes(program: Any) -> None:
    def both(x: xp.Tensor) -> Any:
        value, gradient = xp.value_and_grad(program)(x)
        return value, gradient, xp.jvp(program, (x,), (x,))[1]

    graph = record(both, ("n",))
    for n in (3, 5):
        x = np.random.default_rng(n).normal(size=n)
        for found, expected in zip(run_graph(graph, x), both(xp.asarray(x)), strict=True):
            np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-12)
            assert np.shape(found) == expected.shape


@pytest.mark.parametrize("shapes", [(("n", 3), (3, "m")), ((2, "n"), ("n", 2)), (("n", "n"), ("n", "n"))])
def test_matrix_gradients_of_symbolic_sizes(shapes: Any) -> None:
    def program(a: xp.Tensor, b: xp.Tensor) -> xp.Tensor:
        return xp.tanh(a @ b + 1.0).sum()

    graph = record(xp.grad(program, argnums=(0, 1)), *shapes)
    sizes = {"n": 4, "m": 5}
    a, b = (np.random.default_rng(0).normal(size=[sizes.get(d, d) for d in s]) for s in shapes)
    expected = xp.grad(program, argnums=(0, 1))(xp.asarray(a), xp.asarray(b))
    for found, want in zip(run_graph(graph, a, b), expected, strict=True):
        np.testing.assert_allclose(found, np.asarray(want), rtol=1e-12)


def test_second_order_in_a_graph() -> None:
    def second(x: xp.Tensor) -> xp.Tensor:
        return xp.grad(lambda y: (xp.grad(lambda z: (z**3).sum())(y) ** 2).sum())(x)

    graph = record(second, ("n",))
    x = np.asarray([1.0, 2.0, 3.0])
    np.testing.assert_allclose(run_graph(graph, x)[0], 36 * x**3)


def test_changes_of_handles_in_a_graph() -> None:
    def program(x: xp.Tensor) -> xp.Tensor:
        y = xp.asarray([0.0, 0.0])
        alias = y
        y[0] = x[0]
        y += x.sum()
        alias.assign(alias * 2)
        z = xp.zeros_like(x)
        z += x
        z[1:] *= 2
        return y, z

    graph = record(program, ("n",))
    y, z = run_graph(graph, [1.0, 2.0, 3.0])
    assert y.tolist() == [14, 12]
    assert z.tolist() == [1, 4, 6]


def test_parameters_keep_their_leaf_when_a_graph_value_is_put_in() -> None:
    p = xp.Parameter([1.0, 2.0])
    leaf = p._link

    def program(x: xp.Tensor) -> xp.Tensor:
        with xp.no_grad():
            p.assign(x * 2)
        return p + 0.0

    graph = record(program, (2,))
    assert p._link is leaf
    assert run_graph(graph, [1.0, 2.0])[0].tolist() == [2, 4]


def test_in_place_shape_that_cannot_be_kept() -> None:
    def program(x: xp.Tensor) -> xp.Tensor:
        y = xp.zeros(3)
        y += x.sum()
        y += xp.zeros((2, 3))
        return y

    with pytest.raises(ShapeError, match="cannot be stored"):
        record(program, ("n",))
