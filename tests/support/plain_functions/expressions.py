"""Names, unpacking, comprehensions, texts, assignments.

PYTEST_DONT_REWRITE: asserts are among what is compared.
"""
# ruff: noqa: C416, F541, F722, F821, RUF021, SIM108


def evaluation_order(x, y):
    log = []

    def note(*values):
        log.append(values)
        return values[-1]

    box = {0: 0, 1: 10}
    note(box, box)[note("key", 0)] = note("value", x)
    box[note("k", 0)] += note("v", y)
    a = box[note(1)] = note(2)
    box[0], b, box[note("left", 1)] = note("r1"), note("r2"), note("r3")
    c = note("and1", x) and note("and2", y) or note("or")
    d = note("lt1", x) < note("lt2", y) <= note("lt3", 2)
    e = note("then") if note("test", x) else note("else")
    f = f"{note('f1', x)!r:>{note('w', 4)}}|{note('f2', y)}"
    g = [note("i", i) for i in range(2) if note("if", x)]
    assert note("t", True), note("never")
    return (note("p", a), note("q", b)), c, d, e, f, g, note in [note], log, box.keys()


def calm_update_reads_first(x, y):
    box = {"a": [x]}

    def grow():
        box["a"].append(y)
        box["b"] = 7
        return [y]

    box["a"] += grow()
    try_missing = box["c" if x else "b"]
    box[try_missing] += grow()
    return box


def unpacking(x, y):
    a, (b, *c), d = x, (y, x, y), [x]
    (e, f), *g = (x, y), a, b
    log = [0, 1, 2, 3]
    i = 0
    i, log[i] = 1, "first"
    log[i], i, log[i] = "second", 3, "third"
    [h, log[2:3]] = x, [y, y]
    p = q = log[-1] = x
    return a, b, c, d, e, f, g, h, i, log, p, q


def bad_unpacking(x, y):
    log = [0]
    a, log[0] = range(x)
    return a, log


def augmented(x, y):
    z = [x]
    alias = z
    z += [y]
    x += y
    x -= 1
    x *= 3
    x |= 1
    x <<= 2
    x >>= 1
    x ^= 5
    x **= 2
    x //= 3
    x %= 50
    x &= 31
    return z is alias, alias, x


def augmented_unbound(x, y):
    if x:
        total = y
    total += 1
    return total


def slices(x, y):
    z = list(range(6))
    z[1:3] = [x]
    z[::2] = [y] * len(z[::2])
    z[-1:] += [x]
    return z


def comprehensions(x, y):
    z = 1
    a = [z + i for i in range(x) if i != y or z]
    b = {i: [j for j in range(i)] for i in range(y)}
    c = {i % 2 for i in range(x)}
    d = sum(i * z for i in range(y))
    e = [i for i in [i for i in range(x)]]
    f = [(i, j) for i in range(x) for j in range(i) if i < j + y]
    z = 2
    g = (z for _ in range(1))
    z = 3
    return a, b, c, d, e, f, list(g)


def comprehension_names_stay_inside(x, y):
    i = "mine"
    if x:
        a = [i for i in range(y)]
    else:
        a = i
    return a, i


def unbound_in_comprehension(x, y):
    if x:
        z = 1
    return [z for _ in range(y)]


def walrus(x, y):
    if (n := x + y) > 2:
        n += 1
    r = [last := i for i in range(x)]
    return n, (m := y) + m, r, last


def string_forms(x, y):
    return f"{x}", f"{x!r:>{y + 5}}{'a'!s}{x=}", f"{{}}{x:+}{y:02}", f"nothing"


def asserts(x, y):
    assert x, "no x"
    assert y > 0, (x, f"y is {y}")
    assert x != y
    return x


def annotations(x, y):
    total: int = x
    other: "never evaluated" = y
    bare: undefined_name
    if y:
        bare = 1
    return total, other, bare
