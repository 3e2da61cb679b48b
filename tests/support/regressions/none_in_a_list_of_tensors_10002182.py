TOTAL = xp.asarray(0.5)


def checked(t):
    if t < 0.5:
        raise WrongError


def f(x, y, n, p, v, box, d):
    w = v
    o = None
    out = []
    try:
        y = checked(TOTAL)
    finally:
        k1 = 0
        while True:
            k1 += 1
            if k1 > 2:
                break
            pass
            out.append(y)
            out[n % 2] = x
            match o:
                case x if o:
                    pass
                case _:
                    w *= y
