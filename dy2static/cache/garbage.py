"""The collection of garbage while a function is staged.

What is made then mostly stays until a block has ended, so nothing is collected on the way. Where something is to be
refused because of an object, garbage is collected first (see `sharing`): whether an object that nobody can reach is
there yet must not matter. Only objects of this staging count there, so all that is older is set aside for the time.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def set_aside() -> Generator[None]:
    """A part in which `gc.collect` goes through what was made within, and nothing is collected unasked. Where users
    have frozen objects of their own, these stay as they are, and `gc.collect` goes through all others."""
    was_on, is_ours = gc.isenabled(), not gc.get_freeze_count()
    gc.disable()
    if is_ours:
        gc.freeze()
    try:
        yield
    finally:
        if is_ours:
            gc.unfreeze()
        if was_on:
            gc.enable()
