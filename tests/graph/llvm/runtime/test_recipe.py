import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.aval import Aval, ListType, OptionalType, SymDim, Type
from graph.dtypes import FROM_SHORT, SHORT_NAMES
from graph.llvm.runtime import version
from graph.llvm.runtime.recipe import Recipe, read
from graph.llvm.runtime.version import compiler_version

DIMS = st.one_of(
    st.integers(0, 9), st.sampled_from([SymDim.named("n"), SymDim((("m", -2), ("n", 1)), -3), SymDim.named("?1")])
)
TENSORS: st.SearchStrategy[Type] = st.builds(
    Aval, st.sampled_from([*FROM_SHORT.values()]), st.lists(DIMS, max_size=3).map(tuple)
)
TYPES = st.recursive(TENSORS, lambda inner: st.one_of(inner.map(ListType), inner.map(OptionalType)), max_leaves=3)
SIGNATURES = st.tuples(st.lists(TYPES, max_size=3).map(tuple), st.lists(TYPES, max_size=2).map(tuple))


@given(st.lists(SIGNATURES, max_size=3))
def test_types_come_back(callbacks: list[tuple[tuple[Type, ...], tuple[Type, ...]]]) -> None:
    recipe = Recipe(tuple(t for types in callbacks for t in types[1]), tuple(callbacks), (), recurses=bool(callbacks))
    assert read(recipe.text()) == recipe


def test_constants_of_every_dtype_come_back() -> None:
    arrays = [np.arange(6).reshape(2, 3).astype(dtype) for dtype in SHORT_NAMES]
    arrays += [np.zeros((0, 3)), np.array(np.nan), np.arange(6).reshape(2, 3).T]
    found = read(Recipe((), (), tuple(arrays), False).text()).constants
    for x, y in zip(arrays, found, strict=True):
        assert (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())


def test_version_stays_while_files_do() -> None:
    first = compiler_version()
    for known in (compiler_version, version._all_files):
        known.cache_clear()
    assert compiler_version() == first
