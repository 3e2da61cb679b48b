"""Arrays from outside: every change of their content is seen."""

import array
import mmap
import warnings
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache.contents import MOST_BYTES, content

LARGE = MOST_BYTES // 8 + 1


def kept(x: Any) -> Any:
    found = content(x)
    assert found is not None
    return found.kept()


@pytest.mark.parametrize("size", [4, LARGE, LARGE + 8])
@pytest.mark.parametrize("dtype", ["f8", "u1", "f2", "c16", "U3", "f8,i4"])
def test_any_element(size: int, dtype: str) -> None:
    x = np.zeros(size * 8, dtype)
    before = kept(x)
    for at in (0, size // 2, -1):
        assert before.is_in(x)
        assert before.is_in(x.copy())
        old, x[at] = x[at].copy(), (1, 2) if dtype == "f8,i4" else 1
        assert not before.is_in(x)
        x[at] = old
    assert before.is_in(x)


@pytest.mark.parametrize("size", [4, LARGE])
def test_bits_count(size: int) -> None:
    x = np.full(size, np.nan)
    before = kept(x)
    assert before.is_in(x.copy())
    x[1] = -np.nan
    assert not before.is_in(x)
    y = np.zeros(size)
    before = kept(y)
    y[-1] = -0.0
    assert not before.is_in(y)


@pytest.mark.parametrize("size", [4, LARGE])
def test_shape_dtype_and_class_count(size: int) -> None:
    x = np.zeros(size * 2)
    before = kept(x)
    assert not before.is_in(x.reshape(2, -1))
    assert not before.is_in(x.view(np.int64))
    assert not before.is_in(x[:-1])
    assert not before.is_in(None)
    assert not before.is_in(x.tolist())


def test_views_and_other_layouts() -> None:
    base = np.zeros((300, 400))
    for view in (base[::2], base.T, base[::-1, 3:]):
        before = kept(view)
        assert before.is_in(view)
        base[200, 100] = 1
        assert not before.is_in(view)
        base[200, 100] = 0


def test_memory_that_nobody_can_change_is_not_compared() -> None:
    data = bytes(LARGE * 8)
    x = np.frombuffer(data)
    before = kept(x)
    assert before.itself is x
    assert before.is_in(x)
    assert not before.is_in(np.ones(LARGE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy 2.5 and newer; it can be done all the same
        x.shape = (1, LARGE)
    assert not before.is_in(x)
    with pytest.raises(ValueError, match="WRITEABLE"):
        x.flags.writeable = True


def test_read_only_arrays_that_somebody_may_change() -> None:
    base = np.zeros(LARGE)
    view = base[:]
    own = np.zeros(LARGE)
    view.flags.writeable = own.flags.writeable = False
    of_view, of_own = kept(view), kept(own)
    base[5] = 1
    assert not of_view.is_in(view)
    own.flags.writeable = True
    own[5] = 1
    own.flags.writeable = False
    assert not of_own.is_in(own)
    with mmap.mmap(-1, LARGE * 8) as memory:
        mapped = np.frombuffer(memory)
        mapped.flags.writeable = False
        before = kept(mapped)
        memory[0] = 1
        assert not before.is_in(mapped)
        del mapped


def test_masks_and_objects() -> None:
    masked = np.ma.masked_array(np.zeros(LARGE), mask=np.zeros(LARGE, bool))
    before = kept(masked)
    masked.mask[3] = True
    assert not before.is_in(masked)
    things = np.array([1, None], dtype=object)
    before = kept(things)
    assert before.is_in(things)
    things[0] = [1]
    assert not before.is_in(things)


def test_byte_arrays() -> None:
    for x in (bytearray(b"abc"), array.array("b", b"abc")):
        before = kept(x)
        assert before.is_in(x)
        x[0] = 3
        assert not before.is_in(x)
    assert content(b"abc") is None


def test_a_function_that_reads_a_large_table() -> None:
    table, frozen = np.zeros(LARGE), np.frombuffer(bytes(LARGE * 8))

    @to_static
    def f(x: Any) -> Any:
        return x + table[-1] + frozen[0]

    x = xp.asarray(1.0)
    for value in (0.0, 0.0, 0.0, 3.0, 3.0, 0.0):
        table[-1] = value
        assert float(f(x)) == 1.0 + value
    assert "`table` of the enclosing function was changed in place" in f.explain()
