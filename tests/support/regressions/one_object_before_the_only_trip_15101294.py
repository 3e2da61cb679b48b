def f(x, y, n, p, v, box, d):
    out = [x]
    for y in out:
        for x in v:
            try:
                pass
            except ValueError:
                for y in lambda: x:
                    pass
            break
    return (y,)
