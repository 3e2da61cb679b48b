def f(x, y, n, p, v, box, d):
    o = None
    a = v
    try:

        def inner1(k):
            nonlocal p
            p = y
            try:
                pass
            finally:
                for row in a:
                    pass
                else:
                    assert o, "no"

        inner1(x)
    except AssertionError as error:
        pass
    return (p,)
