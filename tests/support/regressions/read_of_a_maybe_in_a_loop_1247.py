def f(x, y, n, p, v, box, d):
    if x > y:
        q = p
    for k in v:
        if k > x:
            del q
            q = 3
        x = x + q
    return x
