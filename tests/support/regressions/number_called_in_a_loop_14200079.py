import heapq


def f(x, y, n, p, v, box, d):
    if x > 5:
        for r, z in enumerate(v):
            heapq(r)
    return (x,)
