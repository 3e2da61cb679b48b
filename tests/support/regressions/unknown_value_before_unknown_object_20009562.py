def f(x, y, n, p, v, box, d):
    try:
        v[v < x] = z
    except NameError as error:
        print(error)
    ob.level = u
