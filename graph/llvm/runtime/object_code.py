"""Machine code that can be kept on disk, and what it is for. Loading it needs nothing that makes it."""

from collections.abc import Mapping
from typing import NamedTuple


class Layout(NamedTuple):
    """How an image becomes code: `writable` is where data begins that may be written to, at a page; `size` what it
    takes in memory. `outside` are the places of addresses of imports, `inside` those of addresses of the image itself
    (place, offset), `names` what it defines."""

    size: int
    writable: int
    outside: tuple[tuple[int, str], ...]
    inside: tuple[tuple[int, int], ...]
    names: Mapping[str, int]


class ObjectCode(NamedTuple):
    """Machine code with names instead of addresses; can be kept on disk."""

    code: bytes
    imports: tuple[str, ...]
    """The names of functions and data that it needs."""
    layout: Layout | None = None
    """How `code` stands in memory; without it, `code` is an object file that LLVM has to link."""


class Machine(NamedTuple):
    """A kind of processor as LLVM knows it. Two are equal when they run the same code."""

    triple: str
    cpu: str
    features: str

    @property
    def vectors(self) -> tuple[int, int]:
        """How many bytes a vector register has, and how many of them there are."""
        features = self.features.split(",")
        if "+avx512f" in features or self.cpu == "x86-64-v4":
            return 64, 32
        if "+avx" in features or self.cpu == "x86-64-v3":
            return 32, 16
        return 16, 32 if "aarch64" in self.triple or "arm64" in self.triple else 16
