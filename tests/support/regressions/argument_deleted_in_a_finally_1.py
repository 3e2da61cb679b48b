def f(x, y, n, p, v, box, d):
    try:
        if x > y:
            raise ValueError("one")
    finally:
        if n > 100:
            del v
        x = v * 2
    return x
