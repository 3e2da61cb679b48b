def spread(first, *others, scale=2.0, **named):
    for t in others:
        first = first if t else t
    return first


def f(x, y, n, p, v, box, d):
    out = [x]
    if x:
        return (xp.grad(lambda k: spread(k, *out))(y),)
