def added(given):
    given |= {"f": 3, "a": 2.5}


def f(x, y, n, p, v, box, d):
    added(d)
    for key in d:
        print(key)
