def f(x, y, n, p, v, box, d):
    try:
        out
    except Exception:
        if y:
            return ()
        w = v
    (*out,) = w
    out.reverse()
