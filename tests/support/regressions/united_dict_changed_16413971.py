def f(x, y, n, p, v, box, d):
    w = v
    table = {}
    if all([k for k in v]):
        pass
    else:

        def down1(k, t):
            return t * x

        x = down1(n, sum(k for k in table.values()))
        table = table | {"hi": x}
        table |= {"hi": sum(w)}
