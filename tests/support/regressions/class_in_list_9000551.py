class Cell:
    pass


def f(x, y, n, p, v, box, d):
    m = n
    out = []
    cell = Cell
    for _ in range(m):
        pass
        pass
        out.append(cell)
    return (out, out)
