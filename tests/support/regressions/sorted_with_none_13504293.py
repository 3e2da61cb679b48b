def f(x, y, n, p, v, box, d):
    o = None
    match o:
        case u if xp.argmax(v):
            pass
        case _:
            if sorted([y, x, u]):
                pass
