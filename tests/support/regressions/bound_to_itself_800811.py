from dataclasses import dataclass


@dataclass
class Cell:
    a: object
    c: object = 1


def f(x, y, n, p, v, box, d):
    cell = Cell(y)
    for r, y in enumerate(v):
        pass
        cell.c -= 1
        cell = cell
