"""Branches, loops, jumps, tests.

PYTEST_DONT_REWRITE: asserts are among what is compared.
"""
# ruff: noqa: B007, B020, B905, F821, F841, RUF021

THRESHOLD = 3


def partial_definition(x, y):
    if x > 0:
        z = x
        if y:
            w = z
    elif y:
        w = 1
    z = x if y else z
    return z, w


def use_before_binding(x, y):
    if x:
        print(later)
    later = y
    return later


def deep_elif(x, y):
    if x == 0:
        r = "zero"
    elif x == 1:
        r = "one"
    elif x < y:
        r = "less"
    elif not y:
        raise KeyError(x)
    else:
        r = "more"
    return r + "!"


def validated(x, y):
    if x < 0:
        raise ValueError(f"x is {x}")
    if y < 0:
        raise ValueError from KeyError(y)
    return x / y


def nested_jumps(x, y):
    found = []
    for i in range(x):
        j = 0
        while j < y:
            j += 1
            if i == j:
                continue
            for k in (i, j, 5):
                if k == THRESHOLD:
                    found.append(("break", i, j, k))
                    break
                if k > THRESHOLD:
                    return found, i, j, k
            else:
                found.append("inner else")
                continue
            if j == 2:
                break
        else:
            found.append(("while else", i))
            if i > 2:
                break
        found.append(i)
    else:
        found.append("for else")
    return found


def while_else(x, y):
    while x < y:
        x += 1
        if x == 2:
            y -= 1
            continue
        if x == y:
            break
    else:
        return "else", x, y
    return x, y


def else_without_break(x, y):
    for i in range(x):
        if i == y:
            return "found"
    else:
        x = -x
    return x


def endless(x, y):
    steps = 0
    while True:
        steps += 1
        if x > 5:
            return x, steps
        while True:
            x += 1
            if x > y:
                break
        if steps > 3:
            raise RuntimeError(steps)


def continue_in_endless(x, y):
    n = 0
    while 1:
        n += 1
        if n < x:
            continue
        if n > y:
            break
        x += 2
    return n


def zero_trips(x, y):
    for i in range(x):
        last = i * y
    return last


def zero_trips_target(x, y):
    for i, j in zip(range(x), range(y)):
        pass
    return i, j


def target_keeps_last(x, y):
    i = "start"
    for i in range(x):
        if i == y:
            break
        i = i * 100
    return i


def target_shadows_items(x, y):
    for x in range(x):
        for x in range(x):
            y += x
    return x, y


def return_none_or_value(x, y):
    if x > 1:
        if y:
            return x
        x = 0
    for _ in range(x):
        if y > 1:
            return
    else:
        if x == y:
            return "equal"


def dead_code(x, y):
    if x:
        return y
    else:
        return x
    y = 1
    unreachable = y
    return unreachable


def dead_binding_is_local(x, y):
    return THRESHOLD if x else later
    later = 1


def stops_iterator_in_time(x, y):
    log = []
    items = (log.append(i) or i for i in range(10))
    for i in items:
        if i == x:
            break
    for i in items:
        if i > y:
            return i, log
        log.append("second")
    return log


def truth_values(x, y):
    return x and y, x or y, not x, x and not y or "", [] or x, (x and y) and x, x < y < 3 < x, x == y != 3


def conditional_chain(x, y):
    return 1 if x > 1 else 2 if y > 1 else 3 if x else 4


def empty(x, y):
    """Only a docstring."""


def passes(x, y):
    if x:
        pass
    else:
        ...
    for _ in range(y):
        continue
    while x < 0:
        x += 1
        continue
