def f(x, y, n, p, v, box, d):
    out = [x]
    for x in (k for k in out if k):
        match out:
            case [u]:
                out.append(x)
        box.a = box.a * sum([k for k in range(3)])
