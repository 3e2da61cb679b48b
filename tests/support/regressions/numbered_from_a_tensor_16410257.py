from dataclasses import dataclass


@dataclass
class Cell:
    a: object
    c: object = 1


def f(x, y, n, p, v, box, d):
    w = v
    cell = Cell(y)

    def inner1(k, **named):
        nonlocal p
        for u in [min, x]:
            cell.c -= p
            try:
                table
            except Exception:
                for p, y in enumerate(w, n):
                    pass

    inner1(x)
    print(cell)
