def f(x, y, n, p, v, box, d):
    out = [x]
    for u in (k for k in out if k > x):
        try:
            w = v
            try:
                pass
            except AssertionError as error:
                pass
            else:
                e
            finally:
                v[n] *= w.sum()
        except AssertionError:
            pass
