def f(x, y, n, p, v, box, d):
    a = v
    out = [x]
    s = (y, 2)
    for row in a:
        try:
            out.pop()
        except LookupError as error:
            pass
        except IndexError:
            x, (z, p) = (y, s)
    return (p,)
