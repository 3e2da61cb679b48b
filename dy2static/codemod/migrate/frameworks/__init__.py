"""One table for each framework, `FRAMEWORK`, in a file of its name."""

from typing import Final

from dy2static.codemod.migrate.framework import Framework
from dy2static.codemod.migrate.frameworks import jax, mindspore, paddle, tensorflow, torch

FRAMEWORKS: Final[dict[str, Framework]] = {
    module.FRAMEWORK.name: module.FRAMEWORK for module in (tensorflow, torch, paddle, mindspore, jax)
}


def load(name: str) -> Framework:
    """The table of a framework. Raises: KeyError."""
    return FRAMEWORKS[name]
