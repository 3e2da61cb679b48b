def f(x, y, n, p, v, box, d):
    table = {}
    for y in v:
        raise LookupError
    for p, x in enumerate(v):
        table = table.copy()
