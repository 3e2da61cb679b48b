from dataclasses import dataclass


@dataclass
class Cell:
    a: object


def f(x, y, n, p, v, box, d):
    cell = Cell(y)
    k1 = 0
    while y and k1 < 3:
        k1 += 1
        cell = cell
        cell.a = x
