def f(x, y, n, p, v, box, d):
    z = x
    w = v
    o = None
    assert 0 < max(k for k in w) <= z, p
    match o:
        case u if y:
            pass
        case _:
            f"{u:.3f}"
