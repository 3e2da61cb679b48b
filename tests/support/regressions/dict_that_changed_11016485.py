def both(t):
    yield t


def f(x, y, n, p, v, box, d):
    u = y
    for key in d:
        d["c"] = 3 if y else r
        for z in v:
            for r, y in enumerate(both(u)):
                pass
        assert x in v, ""
