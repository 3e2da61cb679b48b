import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

import eager as xp
from eager import dispatch
from graph.errors import DTypeError


def test_attributes() -> None:
    x = xp.asarray(np.ones((2, 3), np.float32))
    assert (x.shape, x.ndim, x.dtype, x.device, x.size, x.itemsize, x.nbytes) == (
        (2, 3),
        2,
        xp.float32,
        "cpu",
        6,
        4,
        24,
    )
    assert x.name == ""
    x.name = "weights"
    assert x.name == "weights"
    assert x.T.shape == (3, 2)
    assert xp.ones((2, 3, 4)).T.shape == (4, 3, 2)
    assert xp.ones((2, 3, 4)).mT.shape == (2, 4, 3)
    assert str(x.aval) == "f32[2,3]"


def test_truth() -> None:
    assert xp.asarray(1.0)
    assert not xp.asarray([[0]])
    with pytest.raises(ValueError, match="truth value of an array with more than one element is ambiguous"):
        bool(xp.ones(2))
    with pytest.raises(ValueError, match="truth value of an empty array is ambiguous"):
        bool(xp.zeros(0))


def test_conversions_to_python() -> None:
    assert int(xp.asarray(3.7)) == 3
    assert float(xp.asarray(3)) == 3.0
    assert complex(xp.asarray(1 + 2j)) == 1 + 2j
    assert [10, 20, 30][xp.asarray(1)] == 20
    assert len(xp.ones((4, 2))) == 4
    assert xp.asarray([[5]]).item() == 5
    assert type(xp.asarray(5.0).item()) is float
    assert xp.asarray([[1, 2], [3, 4]]).item(1, 0) == 3
    assert xp.asarray([[1, 2]]).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: len(xp.asarray(1)), TypeError, r"len\(\) of unsized object"),
        (lambda: iter(xp.asarray(1)), TypeError, "iteration over a 0-d array"),
        (lambda: float(xp.ones(1)), TypeError, "only 0-dimensional arrays"),
        (lambda: [1][xp.asarray(0.0)], TypeError, "only integer scalar arrays"),
        (lambda: [1][xp.asarray(True)], TypeError, "only integer scalar arrays"),
        (lambda: xp.ones(2).item(), ValueError, "size 1"),
        (lambda: xp.ones(2).to_device("cuda"), ValueError, "only 'cpu'"),
    ],
)
def test_conversion_errors(act: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        act()


def test_iteration_gives_rows() -> None:
    rows = list(xp.asarray([[1, 2], [3, 4]]))
    assert [r.tolist() for r in rows] == [[1, 2], [3, 4]]
    a, b = xp.asarray([1.0, 2.0])
    assert (float(a), float(b)) == (1.0, 2.0)


def test_text() -> None:
    assert str(xp.asarray([1.0, 2.0])) == "[1. 2.]"
    assert repr(xp.asarray([1, 2], dtype=xp.int32)) == "tensor([1, 2], dtype=int32)"
    assert f"{xp.asarray(2.5):.2f}" == "2.50"
    assert f"{xp.asarray(3)}" == "3"
    assert str(xp.asarray(np.float32(0.1))) == "0.1"
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{xp.ones(2):.2f}"
    assert repr(xp.Parameter([1.0])) == "Parameter(tensor([1.]))"


def test_hash_is_identity_and_eq_elementwise() -> None:
    x, y = xp.asarray([1, 2]), xp.asarray([1, 2])
    assert {x: "x"}[x] == "x"
    assert y not in {x: 1}.keys() - {y}
    assert (x == y).tolist() == [True, True]
    assert (x == None) is False  # noqa: E711
    assert x != "text"


def test_arrays_given_are_copied_and_arrays_taken_cannot_write() -> None:
    a = np.ones(3)
    x = xp.asarray(a)
    a[0] = 7
    assert x.tolist() == [1, 1, 1]
    out = np.asarray(x)
    with pytest.raises(ValueError, match="read-only"):
        out[0] = 5
    with pytest.raises(ValueError, match="WRITEABLE"):
        out.setflags(write=True)
    part = np.asarray(xp.asarray(np.arange(6.0))[1:4])
    with pytest.raises(ValueError, match="WRITEABLE"):
        part.setflags(write=True)
    copied = np.array(x)
    copied[0] = 9
    assert x.tolist() == [1, 1, 1]
    assert np.asarray(xp.asarray(2.0)).shape == ()
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="copy"):
        x.__array__(np.float32, copy=False)


def test_operand_array_is_not_aliased() -> None:
    a = np.arange(4.0)
    y = xp.reshape(a, (2, 2))
    z = xp.asarray([0, 0, 0, 0.0])
    z += a
    a[0] = 100
    assert float(y[0, 0]) == 0
    assert float(z[0]) == 0


def test_copies_are_handles_of_their_own() -> None:
    x = xp.asarray([1.0, 2.0])
    x.name = "x"
    for y in (copy.copy(x), copy.deepcopy(x), x.copy(), x.clone(), pickle.loads(pickle.dumps(x))):
        y[0] = 5.0
        assert x.tolist() == [1, 2]
        assert y.tolist() == [5, 2]
    assert pickle.loads(pickle.dumps(x)).name == "x"
    assert copy.deepcopy([x, x])[0].tolist() == [1, 2]
    pair = copy.deepcopy([x, x])
    assert pair[0] is pair[1]


def test_parameter_copies_and_pickles_as_parameter() -> None:
    p = xp.Parameter([1.0, 2.0], name="w")
    (p * p).sum().backward()
    for q in (copy.deepcopy(p), pickle.loads(pickle.dumps(p)), copy.copy(p)):
        assert type(q) is xp.Parameter
        assert q.requires_grad
        assert q.name == "w"
        with xp.no_grad():
            q[0] = 9.0
        assert p.tolist() == [1, 2]
    assert copy.deepcopy(p).grad.tolist() == [2, 4]


def test_dlpack() -> None:
    x = xp.asarray([1.0, 2.0])
    a = np.from_dlpack(x)
    if a.flags.writeable:
        a[0] = 9
    assert x.tolist() == [1, 2]
    assert x.__dlpack_device__() == (1, 0)
    assert np.from_dlpack(xp.asarray(3.0)).shape == ()
    b = np.arange(3)
    y = xp.from_dlpack(b)
    b[0] = 9
    assert y.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="always copied"):
        xp.from_dlpack(b, copy=False)


def test_weak_references_and_release() -> None:
    x = xp.ones(3)
    ref = weakref.ref(x)
    del x
    assert ref() is None


def test_no_floating_point_warnings() -> None:
    x = xp.asarray([0.0, -1.0, 1e308])
    assert np.isinf(np.asarray(1.0 / x)[0])
    assert np.isnan(np.asarray(xp.log(x))[1])
    assert np.isinf(np.asarray(x * 10)[2])
    with np.errstate(all="raise"):
        assert np.isinf(np.asarray(x * 10)[2])
    with pytest.warns(RuntimeWarning):
        np.log(np.asarray([-1.0]))


def test_kernel_within_a_kernel_of_the_same_thread() -> None:
    class Calls:
        def __del__(self) -> None:
            results.append(float(xp.asarray(1.0) / 0.0))

    results: list[float] = []
    run = dispatch._SILENT.run

    def drop() -> None:
        holder = Calls()
        del holder

    run(drop)
    assert results == [float("inf")]


def test_threads_run_at_once() -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            x = xp.ones(10)
            for _ in range(300):
                x = x * 1.001 + 1 / xp.zeros(10)
            with xp.no_grad():
                assert not xp.is_grad_enabled()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    with xp.no_grad():
        for t in threads:
            t.start()
    for t in threads:
        t.join()
    assert failures == []


def test_thousand_calls_leave_nothing() -> None:
    def work() -> None:
        p = xp.Parameter(np.ones(4))
        for _ in range(1000):
            p.grad = None
            loss = (xp.tanh(p * 2.0)[1:] ** 2).sum()
            loss.backward()
        xp.grad(lambda x: (x * p).sum())(xp.ones(4))

    work()
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(o, xp.Tensor) for o in gc.get_objects())
        work()
        after = sum(isinstance(o, xp.Tensor) for o in gc.get_objects())
    finally:
        gc.enable()
    assert after - before <= 3


def test_asarray() -> None:
    x = xp.asarray([1, 2])
    assert xp.asarray(x) is x
    assert xp.asarray(x, copy=True) is not x
    assert xp.asarray(x, dtype=xp.float32).dtype == xp.float32
    assert xp.asarray([x, x * 2]).tolist() == [[1, 2], [2, 4]]
    assert xp.asarray([[x[0], 2.5], [3, x[1]]]).tolist() == [[1, 2.5], [3, 2]]
    assert xp.asarray([]).shape == (0,)
    assert xp.asarray(range(3)).tolist() == [0, 1, 2]
    assert xp.asarray(True).dtype == xp.bool
    assert xp.asarray(1j).dtype == xp.complex128
    assert xp.asarray(300, dtype=xp.float16).dtype == xp.float16
    assert xp.asarray(memoryview(b"ab")).tolist() == [97, 98]
    with pytest.raises(DTypeError, match="cannot become a tensor"):
        xp.asarray(["a"])
    with pytest.raises(ValueError, match="inhomogeneous"):
        xp.asarray([[1], [1, 2]])
    with pytest.raises(OverflowError):
        xp.asarray(300, dtype=xp.int8)
    with pytest.raises(DTypeError, match="no tensors of dtype"):
        xp.asarray(np.array(["2020"], dtype="M8[Y]"))
    with pytest.raises(DTypeError, match="imaginary"):
        xp.asarray([1j]).astype(xp.float64)
    with pytest.raises(ValueError, match="unknown device"):
        xp.asarray(1, device="gpu")


def test_bfloat16() -> None:
    x = xp.ones(3, dtype=xp.bfloat16)
    assert (x + x).dtype == xp.bfloat16
    assert x.astype(xp.float32).tolist() == [1, 1, 1]
