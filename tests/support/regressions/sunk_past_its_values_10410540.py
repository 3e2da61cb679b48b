def f(x, y, n, p, v, box, d):
    a = v + 1.0
    out = [x]
    for p, (x, u) in enumerate(zip(v, out)):
        match d:
            case {"a": u} if n:

                def inner1(k):
                    nonlocal y
                    y = y

                for j in v:
                    inner1(j)
            case _:
                a[a > 0] = x
    return y
