HISTORY = []


def added(t):
    HISTORY.append(t)


def f(x, y, n, p, v, box, d):
    out = []
    for k in range(n % 4):
        out.append(None)
    if x > y:
        added("text")
    for k in out:
        print(k)
    return (len(out), out)
