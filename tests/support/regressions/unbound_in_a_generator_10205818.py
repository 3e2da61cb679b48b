def f(x, y, n, p, v, box, d):
    u = y
    w = v
    for x in (u for k in w):
        match (y, n):
            case [u, _] if x + y:
                del u
