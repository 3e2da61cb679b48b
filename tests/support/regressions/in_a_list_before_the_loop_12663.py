def f(x, y, n, p, v, box, d):
    z = x * 2.0
    out = [x]
    k1 = 0
    while True:
        k1 += 1
        if k1 > 3:
            break
        out.append(out[p % 2] if len(out) > 1 else z)
        x += d["a"]
        if y > x:
            return (out[::-1],)
    return (out[::-1],)
