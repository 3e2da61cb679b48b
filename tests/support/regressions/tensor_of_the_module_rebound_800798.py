import functools

TOTAL = xp.asarray(0.5)


def f(x, y, n, p, v, box, d):
    m = n
    out = []

    def inner2(k):
        k3 = 0
        while m and k3 < 1:
            k3 += 1
            out.append(sum)
        match p:
            case True:
                a[0] += TOTAL

    functools.partial(inner2, x)()
