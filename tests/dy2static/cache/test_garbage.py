"""While a program is made garbage is collected only where it is asked for, and only what was made since."""

import gc
import weakref
from collections.abc import Iterator

import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache.garbage import set_aside


class Node:
    """Refers to itself: only a collection finds out that nobody else does."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _nothing_is_frozen() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.unfreeze()
    gc.enable()
    yield
    gc.unfreeze()
    (gc.enable if was_on else gc.disable)()


def gone() -> weakref.ref[Node]:
    """To an object that is garbage."""
    return weakref.ref(Node())


def test_what_is_older_is_set_aside_and_comes_back():
    older = gone()
    with set_aside():
        newer = gone()
        assert not gc.isenabled()
        gc.collect()
        assert older() is not None
        assert newer() is None
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert older() is None


def test_one_in_another_ends_with_the_outer_one():
    older = gone()
    with set_aside():
        with set_aside():
            pass
        assert not gc.isenabled()
        gc.collect()
        assert older() is not None


def test_what_users_have_frozen_stays_so():
    frozen = gone()
    gc.freeze()
    older = gone()
    with set_aside():
        gc.collect()
    assert gc.get_freeze_count() > 0
    assert frozen() is not None
    assert older() is None


def test_it_ends_where_staging_fails():
    def function(x):
        return "a" if x.sum() > 0 else open

    gc.disable()
    with pytest.raises(Exception, match="one type"):
        to_static(function)(xp.ones(2))
    assert not gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_program_is_made_with_the_rest_set_aside():
    seen: list[bool] = []
    older = gone()

    def function(x):
        gc.collect()
        seen.append(older() is not None)
        return x + 1

    to_static(function)(xp.ones(2))
    assert seen == [True]
