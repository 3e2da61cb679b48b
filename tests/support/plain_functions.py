"""Ordinary functions of two small ints, written so that conversion could get them wrong; no tensors.

`FUNCTIONS` run on all pairs of ints from -1 to 4. They stay as a user wrote them, clumsy or not.
PYTEST_DONT_REWRITE: asserts are among what is compared.
"""
# ruff: noqa: B007, B020, B023, B905, C416, E731, F541, F722, F821, F841, PIE804, RUF021, SIM108, UP008

from dataclasses import dataclass, field
from typing import Any

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


def closures_see_changes(x, y):
    fs = []
    count = 0

    def show():
        return count, x

    for i in range(3):
        count += 1
        fs.append(lambda: (i, count))
        if i == x:
            x = "changed"
            fs.append(show)
    while count < y:
        count += 1
    return show(), [f() for f in fs]


def closure_of_unbound(x, y):
    def show():
        return later

    if x:
        later = y
    return show()


def closure_called_in_branch(x, y):
    z = x

    def get():
        return z

    if y:
        z = 5
        r = get()
    else:
        r = get()
        z = 6
    return r, get()


def nested_definitions(x, y):
    def outer(n, *rest, scale=2, **more):
        if n <= 0:
            return rest, more

        def inner(m=n):
            if m == y:
                return "y"
            return m * scale

        for r in rest:
            if r == x:
                return inner(r), inner()
        return outer(n - 1, n, *rest, scale=scale, **more)

    return outer(x), outer(3, x, y, scale=y), outer(2, k=x)


def recursion(x, y):
    def fib(n):
        if n < 2:
            return n
        return fib(n - 1) + fib(n - 2)

    even = lambda n: n == 0 or odd(n - 1)
    odd = lambda n: n != 0 and even(n - 1)
    return fib(abs(x)), even(abs(y))


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


def names_of_ours(x, y):
    then, orelse, body, test, stop, item, value = 1, 2, 3, 4, 5, 6, 7
    did_break = did_return = return_value = did_continue = "mine"
    _rt = [0]
    for _rt[0] in range(x):
        if y:
            return then, orelse, body, test, stop, item, value, did_break, _rt
        if x > 1:
            break
    else:
        return did_return, return_value, did_continue
    return _rt


def star_calls(x, y):
    def f(*args, **kwargs):
        return args, kwargs

    return f(*[x, y], x, **{"a": y}, b=x), f(), print.__name__


def imports(x, y):
    import math
    from collections import OrderedDict as Ordered

    if x:
        import math as m
    return math.floor(2.5), Ordered(a=y), m.ceil(1.5)


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


FUNCTIONS = [
    partial_definition,
    use_before_binding,
    deep_elif,
    validated,
    nested_jumps,
    while_else,
    else_without_break,
    endless,
    continue_in_endless,
    zero_trips,
    zero_trips_target,
    target_keeps_last,
    target_shadows_items,
    return_none_or_value,
    dead_code,
    dead_binding_is_local,
    stops_iterator_in_time,
    evaluation_order,
    calm_update_reads_first,
    unpacking,
    bad_unpacking,
    augmented,
    augmented_unbound,
    slices,
    closures_see_changes,
    closure_of_unbound,
    closure_called_in_branch,
    nested_definitions,
    recursion,
    comprehensions,
    comprehension_names_stay_inside,
    unbound_in_comprehension,
    walrus,
    string_forms,
    asserts,
    annotations,
    names_of_ours,
    star_calls,
    imports,
    truth_values,
    conditional_chain,
    empty,
    passes,
]


@dataclass
class Counter:
    step: int = 1
    total: int = 0
    __secret: int = 5
    log: list[Any] = field(default_factory=list)

    def run(self, x, y):
        for i in range(x):
            self.total += self.step
            if self.total > y:
                self.__secret -= i
                break
            self.log.append(self.__hidden(i))
        self.log[0:1], self.step = [self.__secret], y
        return self

    def __hidden(self, __i):
        return [__i + self.__secret for _ in [0] if __i or self.__secret]

    def kind(self, x):
        return "base" if x else "none"

    @classmethod
    def make(cls, x, y):
        return cls(x) if y else cls(step=y)

    @staticmethod
    def static(x, y):
        return x or y


class Child(Counter):
    def kind(self, x):
        if x > 1:
            return "child of " + super().kind(x)
        return [super(Child, self).kind(x), __class__.__name__]

    def __call__(self, x, y=2, *, z: int = 3):
        """Doc."""
        return x if z > y else self.kind(x)
