"""`:=` wherever it may stand."""

from support.programs import f64, program


@program([f64(1.0)], [f64(2.0)], [f64(-2.0)], grad=0)
def in_and(x):
    if x > 0 and (y := x * 2) > 3:
        return y * y
    return x


@program([f64(1.0)], [f64(-2.0)])
def unbound_after_or(x):
    flag = x > 0 or (y := x * 2) > 3
    return flag, y


@program([f64(1.0)], [f64(20.0)], [5.0], grad=0)
def in_while(x):
    n = 0
    while (y := x / 2) > 1:
        x = y
        n += 1
    return x, y, n


@program([f64(1.0)], [f64(7.0)], [5.0], [2.5])
def in_while_with_else(x):
    while (y := x - 1) > 0:
        x = y
        if x == 3:
            break
    else:
        y = y + 100
    return y


@program([f64([1.0, 2.0, 3.0])], [[1.0, 2.0]])
def in_comprehensions(x):
    made = [y for v in x if (y := v * 2) > 2]
    return made, y


@program([f64(1.0)], [f64(-1.0)], [f64(5.0)], grad=0)
def order_of_evaluation(x):
    def shown(v):
        print("value", v)
        return v

    return [shown(x), (z := x + 1) if x > 0 else (z := x - 1), z, 0 < (q := shown(x)) < 3, q]


@program([f64(1.0)], [f64(-1.0)])
def in_assert(x):
    assert (y := x * 2) > 0, (z := f"no: {x}")
    return y


@program([f64(1.0)], [f64(-1.0)])
def in_calls_and_displays(x):
    pair = (y := x * 2, y + 1)
    return max(a := 1, 2), a, pair, {"k": (b := x)}, b, [c := x, c]


@program([f64([1.0, 2.0])], [f64([])], adapts=True)
def in_elif(x):
    if (n := x.shape[0]) == 0:
        return n
    elif (v := x[0]) > 5 or (w := v * 2) > 1:
        return v + w
    return n
