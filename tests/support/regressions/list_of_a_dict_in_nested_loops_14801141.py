def f(x, y, n, p, v, box, d):
    m = n
    e = v
    bins = {"lo": [x], "hi": []}
    k2 = 0
    while k2 < 4:
        k2 += 1
        for z in e:
            if m:
                pass
            else:
                bins["lo"] = [k for k in bins["hi"]]
            bins = bins
