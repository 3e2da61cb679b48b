"""Random numbers of Python and NumPy: drawn while a function is staged, they would be the same in every run."""

import random
from typing import Any, Final, NoReturn

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager

GENERATORS: Final = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)
MAKERS: Final[tuple[Any, ...]] = (np.random.default_rng, np.random.RandomState, random.Random, np.random.SeedSequence)
WHY: Final = "draws its numbers while the graph is made, and every run would see the same ones"
TIMES: Final = "draws in a branch or loop of the graph, and how often it does is known only when the graph runs"
NEXT: Final = "draw with `eager.random`, whose generators are part of the graph, or pass the numbers as an argument."
DRAWS_NOTHING: Final = frozenset({"getstate", "get_state", "bit_generator"})


def check(stager: Stager, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raises: StagingError for a call that draws from a generator which the function did not make and seed itself, or
    in another branch or loop of the graph than it was made in."""
    if any(function is maker for maker in MAKERS):
        if (not args and not kwargs) or (args and args[0] is None):
            _refuse(f"`{function.__name__}()` without a seed")
        return
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    if not isinstance(owner, GENERATORS) or name in DRAWS_NOTHING:
        return
    place = stager.place_of(owner)
    if place is None:
        _refuse(f"`{name}` of {_name_of(owner)}")
    if place is not stager.builder:
        _refuse(f"`{name}` of a {type(owner).__name__}", TIMES)


def note(stager: Stager, function: Any, made: Any) -> None:
    """Remember a generator that the function makes from a seed: it draws the same numbers in every run anyway."""
    if isinstance(made, GENERATORS) and any(function is maker for maker in MAKERS):
        stager.made_here(made)


def _name_of(owner: Any) -> str:
    if owner is getattr(np.random.mtrand, "_rand", None):
        return "`np.random`"
    if owner is getattr(random, "_inst", None):
        return "`random`"
    return f"a {type(owner).__name__} from outside"


def _refuse(what: str, why: str = WHY) -> NoReturn:
    raise StagingError(
        f"{what} {why}",
        next_step=NEXT,
        loc=user_location(),
    )
