import heapq


def both(t):
    if t:
        yield t


def f(x, y, n, p, v, box, d):
    u = y
    q = 3
    rows = [(), ()]

    def made2(k):
        yield from both(y)

    out = list(made2(y))
    match [u, q]:
        case [u, p] as s if u:
            pass
        case _:
            rows += [s]
            heapq.heappop(rows)
            out
