def f(x, y, n, p, v, box, d):
    o = None
    e = v
    out = [x]
    match d:
        case {"b": p, **others} if all(k for k in out):
            match o:
                case x if y:
                    pass
    assert not x != y, e
