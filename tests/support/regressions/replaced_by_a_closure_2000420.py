from dataclasses import dataclass, replace


@dataclass
class Cell:
    c: object = 1


def f(x, y, n, p, v, box, d):
    cell = Cell()
    if x:

        def inner1():
            nonlocal cell
            cell.c -= p
            cell = replace(cell, c=x * 2)

        inner1()
        inner1()
    return (cell.c,)
