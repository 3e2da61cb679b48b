def f(x, y, n, p, v, box, d):
    d.setdefault("c")
    d.update(e=x)
    if x > 0:
        d.update(a=y)
    d.update({"g": 1, "b": x})
