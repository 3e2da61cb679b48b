def f(x, y, n, p, v, box, d):
    w = v
    batch = [y]
    groups = [[y]]
    for y, p in zip(v, range(2)):
        batch = []
    for y in w:
        groups.append(batch)
    return groups
