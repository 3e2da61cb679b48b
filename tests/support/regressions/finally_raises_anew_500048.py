def f(x, y, n, p, v, box, d):
    z = x
    out = []
    try:
        assert box.a < z, 1
    finally:
        assert out, "no"
