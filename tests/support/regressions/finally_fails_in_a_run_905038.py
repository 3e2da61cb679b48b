class WrongError(ValueError):
    pass


def checked(t):
    raise WrongError("low")


def f(x, y, n, p, v, box, d):
    out = [x]
    try:
        if x > -100.0:
            checked(x)
    finally:
        out[n] = y
