import gc
import weakref

import numpy as np
import pytest

import eager as xp
from eager.tape import record_custom
from eager.tape_links import Record
from graph.errors import DTypeError, GraphError, NotDifferentiableError, ShapeError
from graph.ir.opdef import NotDifferentiable, OpDef


def test_backward_adds_up_in_parameters() -> None:
    p, q = xp.Parameter([1.0, 2.0]), xp.Parameter(3.0)
    x = xp.asarray([4.0, 5.0])
    for _ in range(2):
        (p * x * q).sum().backward()
    assert p.grad.tolist() == [24, 30]
    assert float(q.grad) == 28
    assert x.grad is None
    p.grad = None
    (p * p).sum().backward()
    assert p.grad.tolist() == [2, 4]


def test_backward_with_cotangent_and_shapes() -> None:
    p = xp.Parameter([1.0, 2.0])
    y = p * 3
    with pytest.raises(ShapeError, match=r"starts from a scalar, this is float64\(2,\)"):
        y.backward()
    with pytest.raises(ShapeError, match="cotangent has shape"):
        y.backward(xp.ones(3))
    y.backward(xp.asarray([1.0, 10.0]))
    assert p.grad.tolist() == [3, 30]


def test_backward_of_constants_is_an_error() -> None:
    with pytest.raises(NotDifferentiableError, match="depends on no Parameter"):
        xp.ones(3).sum().backward()


def test_tape_is_used_up() -> None:
    p = xp.Parameter([1.0, 2.0])
    h = xp.exp(p)
    h.sum().backward()
    with pytest.raises(NotDifferentiableError, match="let go of"):
        (h * 2).sum().backward()
    h = xp.exp(p)
    h.sum().backward(retain_graph=True)
    (h * 2).sum().backward()
    np.testing.assert_allclose(np.asarray(p.grad), 4 * np.exp([1, 2]))


def test_gradient_is_of_the_value_at_the_time_of_use() -> None:
    p = xp.Parameter([1.0, 2.0])
    x = xp.asarray([3.0, 4.0])
    y = (p * x).sum()
    x[0] = 100.0
    x += 1.0
    with xp.no_grad():
        p -= 5.0
    y.backward()
    assert p.grad.tolist() == [3, 4]


def test_item_assignment_is_differentiable() -> None:
    p = xp.Parameter([1.0, 2.0, 3.0])
    y = p * 2
    alias = y
    y[1] = p[0] * 10
    y += p
    alias.sum().backward()
    assert p.grad.tolist() == [13, 1, 3]


def test_requires_grad() -> None:
    x = xp.ones(2)
    assert not x.requires_grad
    x.requires_grad = True
    assert x.requires_grad
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2]
    x.requires_grad = False
    assert x.grad is None
    assert not (x * 2).requires_grad
    with pytest.raises(DTypeError, match="only floating and complex tensors have gradients"):
        xp.ones(2, dtype=xp.int64).requires_grad = True
    y = xp.Parameter(xp.ones(2)) * 2
    with pytest.raises(GraphError, match="only a leaf"):
        y.grad = xp.ones(2)
    assert y.detach().requires_grad is False


def test_parameter_cannot_change_while_recorded() -> None:
    p = xp.Parameter([1.0, 2.0], name="w")
    with pytest.raises(GraphError, match=r"a Parameter \(w\) cannot be changed in place"):
        p += 1
    with pytest.raises(GraphError, match="no_grad"):
        p[0] = 1
    with xp.no_grad():
        p += 1
    assert type(p) is xp.Parameter
    assert p.requires_grad
    assert p.tolist() == [2, 3]


def test_no_grad_and_enable_grad() -> None:
    p = xp.Parameter([1.0])
    with xp.no_grad():
        assert not (p * 2).requires_grad
        with xp.enable_grad():
            assert (p * 2).requires_grad
        assert not xp.is_grad_enabled()

    @xp.no_grad()
    def f() -> bool:
        return (p * 2).requires_grad

    assert f() is False
    assert xp.is_grad_enabled()


def test_dtypes_of_gradients_are_those_of_the_values() -> None:
    p = xp.Parameter(np.ones(3, np.float32))
    q = xp.Parameter(np.ones(3, np.float64))
    r = xp.Parameter(np.ones(3, np.complex128))
    (p * q * r).real.sum().backward()
    assert (p.grad.dtype, q.grad.dtype, r.grad.dtype) == (xp.float32, xp.float64, xp.complex128)
    i = xp.arange(3)
    (p * i * 2).sum().backward()
    assert p.grad.tolist() == [1, 3, 5]


def test_integer_results_are_constants() -> None:
    p = xp.Parameter([1.0, 5.0, 2.0])
    assert not p.argmax().requires_grad
    assert not (p > 1).requires_grad
    assert not p.astype(xp.int64).requires_grad
    values, indices = p.topk(2)
    assert values.requires_grad
    assert not indices.requires_grad
    values.sum().backward()
    assert p.grad.tolist() == [0, 1, 1]


def test_several_results() -> None:
    p = xp.Parameter(np.arange(6.0))
    a, _, c = p.split(3)
    (a.sum() + 10 * c.sum()).backward()
    assert p.grad.tolist() == [1, 1, 0, 0, 10, 10]
    (only,) = p[:1].split(1)
    only.sum().backward()
    assert p.grad.tolist() == [2, 1, 0, 0, 10, 10]


def test_leaves_do_not_share_gradients() -> None:
    p, q = xp.Parameter([1.0]), xp.Parameter([2.0])
    (p + q).sum().backward()
    p.grad *= 5
    assert q.grad.tolist() == [1]


def test_op_without_gradient_says_so() -> None:
    def kernel(x: np.ndarray) -> np.ndarray:
        return x * 2

    def infer(x: object) -> object:
        return x

    opdef = OpDef("rough", infer=infer, kernel=kernel, vjp=NotDifferentiable("it is rough"), promote=None)
    p = xp.Parameter([1.0])
    y = xp.operators.apply(opdef, p)
    with pytest.raises(NotDifferentiableError, match="`rough` has no gradient: it is rough"):
        y.sum().backward()


def test_deep_tape() -> None:
    p = xp.Parameter(1.0)
    y = p
    for _ in range(100_000):
        y = y + 1e-6
    y.backward()
    assert float(p.grad) == 1
    y = p * 1.0
    for _ in range(100_000):
        y = y + 1e-6
    del y


def test_memory_is_freed_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        p = xp.Parameter(np.ones(3))
        h = xp.exp(p * 2)
        ref = weakref.ref(h)
        parts = h.split(3)
        loss = (h * parts[0]).sum()
        del h, parts
        loss.backward()
        assert ref() is None
        records = [o for o in gc.get_objects() if isinstance(o, Record)]
        del loss
        assert len([o for o in records if not o.used_up and o.inputs]) == 0
        y = (xp.exp(p) * p).sum()
        kept = weakref.ref(y)
        del y
        assert kept() is None
    finally:
        gc.enable()


def test_backward_frees_values_while_the_loss_lives() -> None:
    p = xp.Parameter(np.ones(3))
    loss = (xp.exp(p) * p).sum()
    record = loss._link
    loss.backward()
    assert isinstance(record, Record)
    assert record.inputs == ()


def test_custom_node() -> None:
    p = xp.Parameter([1.0, 2.0])
    kept = p.detach()

    def pullback(cts: tuple[xp.Tensor | None, ...]) -> tuple[xp.Tensor | None, ...]:
        first, second = cts
        assert second is None
        assert first is not None
        return (first * 3 * kept**2, None)

    out, other = p.detach() ** 3, p.detach()
    record_custom([p, xp.ones(1)], [out, other], pullback)
    assert out.requires_grad
    (out * 2).sum().backward()
    assert p.grad.tolist() == [6, 24]
    constant = xp.ones(2)
    record_custom([xp.ones(2)], [constant], pullback)
    assert not constant.requires_grad


def test_custom_node_of_higher_order() -> None:
    def cube(x: xp.Tensor) -> xp.Tensor:
        out = x.detach() ** 3
        record_custom([x], [out], lambda cts: (cts[0] * 3 * x * x,))
        return out

    second = xp.grad(xp.grad(lambda x: cube(x)))(xp.asarray(2.0))
    assert float(second) == 12


def test_indexing_in_a_loop_accumulates_in_place() -> None:
    n = 2000
    p = xp.Parameter(np.ones(n))
    total = xp.asarray(0.0)
    for i in range(n):
        total = total + p[i] * i
    total.backward()
    np.testing.assert_array_equal(np.asarray(p.grad), np.arange(n))


def test_create_graph() -> None:
    p = xp.Parameter(2.0)
    (p**3).backward(create_graph=True)
    first = p.grad
    p.grad = None
    first.backward()
    assert float(first) == 12
    assert float(p.grad) == 12


def test_wants_spares_work() -> None:
    p = xp.Parameter(np.ones(3))
    big = xp.ones((3, 3))
    seen: list[str] = []

    class Spy:
        def apply(self, opdef: OpDef, operands: object, attrs: object) -> object:
            seen.append(opdef.name)
            with xp.recorder.recording(None):
                return xp.operators.apply(opdef, *operands, **attrs)

        def dim_of(self, x: xp.Tensor) -> int:
            return int(x)

    y = (big @ p).sum()
    with xp.recorder.recording(Spy()):  # type: ignore[arg-type]
        y.backward()
    assert seen.count("matmul") == 1
