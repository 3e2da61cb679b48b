def f(x, y, n, p, v, box, d):
    u = y
    try:
        y = u
    except LookupError as error:
        pass
    else:
        for z in v:
            match p:
                case 0:
                    (y,) = y
