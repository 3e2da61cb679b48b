def f(x, y, n, p, v, box, d):
    pass
    try:
        v[n]
    except LookupError as error:
        print(error)
