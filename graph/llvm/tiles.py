"""How much of a product is computed at a time: its sums stay in vector registers while they grow."""

from collections.abc import Callable
from dataclasses import dataclass

from graph.llvm.code import Unit
from graph.llvm.scalars import Size


@dataclass(frozen=True, slots=True)
class Tile:
    """So many rows of the result, and so many vectors or columns of it, are computed at a time."""

    rows: int
    columns: int


def best_tile(unit: Unit, time: Callable[[Tile], float]) -> Tile:
    """Of those that registers have room for, beside what they are multiplied with."""
    room = unit.vector_registers * 3 // 4
    tiles = [Tile(r, c) for r in range(1, 9) for c in range(1, 9) if r * c <= room]
    return min(tiles, key=lambda t: (time(t), -t.rows * t.columns, t.rows + t.columns))


def cycles(rows: int, columns: int) -> float:
    """For one product of each sum: a processor does two products and two loads in a cycle, and a sum takes four."""
    return max(rows * columns / 2, (rows + columns) / 2, 4)


def blocks(count: Size, block: int) -> float:
    return -(-count // block) if isinstance(count, int) else 1 / block
