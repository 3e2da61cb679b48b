def f(x, y, n, p, v, box, d):
    out = [x]
    e = v * 1.0

    def inner1():
        nonlocal x
        for u, z in zip(v, out):
            d["a"] = x + z
            if y < 0.5:
                for x in e:
                    out.append(y)

    inner1()
