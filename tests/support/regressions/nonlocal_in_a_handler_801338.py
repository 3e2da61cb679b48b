def checked(t):
    if t < -0.5:
        raise WrongError


def f(x, y, n, p, v, box, d):
    w = v
    try:
        checked(y)
    except ArithmeticError:
        if y:
            y = z

        def inner4(k):
            nonlocal y
            y = y

        for j in w:
            inner4(j)
