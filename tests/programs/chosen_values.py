"""Texts, members of an enum, functions and classes where the graph says which: `"up" if v > 0 else "down"`."""

import enum
import functools
import math

import eager as xp
from support.programs import f32, f64, i64, program

ROWS = ([f64([1.0, -2.0, 3.0])], [f64([-1.0, 5.0, -3.0])], [f64([0.5, -0.5, 0.7])], [f64([2.0, 4.0, 1.0])])


class Mode(enum.Enum):
    WARM = 1
    HOT = 2
    COLD = 3


class Level(enum.IntEnum):
    LOW = 0
    MID = 1
    HIGH = 2


class Machine:
    def __init__(self):
        self.mode = "idle"
        self.seen = []


def relu(x):
    return xp.maximum(x, 0.0)


def swish(x):
    return x / (1.0 + xp.exp(-x))


@program(*ROWS, grad=0, adapts=True)
def a_state_machine(x):
    mode = Mode.WARM
    total = 0.0
    for v in x:
        if mode is Mode.WARM and v > 1:
            mode = Mode.HOT
        elif mode == Mode.HOT and v < 0:
            mode = Mode.COLD
        match mode:
            case Mode.WARM:
                total += v
            case Mode.HOT:
                total += 2 * v
            case Mode.COLD:
                total -= v
        print(mode, mode.name, mode.value)
    return total


@program(*ROWS)
def a_list_of_words(x):
    words = []
    for v in x:
        words.append("up" if v > 0 else "down")
    return words, words[0], words.count("up"), "down" in words


@program(*ROWS)
def the_name_of_the_greatest(x):
    name, best = "none", -1e9
    for k, other in enumerate(["a", "b", "c"]):
        if x[k] > best:
            best = x[k]
            name = other
    return name, best


@program(*ROWS)
def none_or_a_name(x):
    name = None
    for k, other in enumerate(["a", "b", "c"]):
        if x[k] > 1:
            name = other
    print(name is None)
    if name is None:
        return "nothing"
    return name


@program(*ROWS)
def until_it_is_done(x):
    status = "running"
    steps = 0
    y = x[0]
    while status == "running":
        y = y * 1.5 + 0.1
        steps += 1
        if y > 10:
            status = "diverged"
        elif steps >= 7:
            status = "stopped"
    return status, steps, f"{status} after {steps} steps at {y:.3f}"


@program(*ROWS)
def operations_on_texts(x):
    s = "pos" if x[0] > 0 else "neg"
    t = "pos" if x[1] > 0 else "neg"
    print(s, t, f"{s:>5}|{t!r}|{x[0]:.2f}", [s, t], {"k": s})
    return s + "itive", len(s), s.upper(), s in ("pos", "zero"), "o" in s, s[0], s == t, s != t, s + t, f"{s:>5}"


@program(*ROWS)
def in_messages(x):
    s = "pos" if x[0] > 0 else "neg"
    if x[1] > 3:
        raise ValueError(f"{s} number {x[1]}")
    assert x[0] < 2, s
    return s


@program(*ROWS, grad=0)
def functions(x):
    f = relu if x[0] > 0.6 else swish
    g = xp.sum if x[1] > 0 else xp.max
    h = (lambda v: v * 2.0) if x[2] > 0 else (lambda v: v + x[0])
    return g(h(f(x)))


@program(*ROWS, adapts=True)
def looked_up(x):
    s = "a" if x[0] > 0 else "b"
    rates = {"a": 1.0, "b": x[1]}
    rate = rates[s] * 2.0 if s in rates else 0.0
    return (
        rate,
        rates.get(s),
        {"a": relu, "b": swish}[s](x),
        {Mode.HOT: x[2], Mode.COLD: 0.5}[Mode.HOT if x[2] > 0 else Mode.COLD],
    )


@program(*ROWS, adapts=True)
def stored_under_a_key(x):
    totals = {"up": 0.0, "down": 0.0}
    for v in x:
        totals["up" if v > 0 else "down"] += v
    last = {"a": x[0], "b": x[1]}
    last["a" if x[2] > 0 else "b"] = x[2]
    return totals, last


@program(*ROWS)
def given_to_functions(x):
    f = relu if x[0] > 0.6 else swish
    sums = functools.partial(f)(x[1]), list(map(f, [x[0], x[2]])), max([x[0], x[1]], key=f)
    s = "a" if x[0] > 0 else "b"
    print("x", "y", sep=s)
    return sums, (s, 1) == ("a", 1), [s] == ["b"]


@program(*ROWS, adapts=True)
def members_that_are_numbers(x):
    level = Level.LOW if x[0] > 0 else Level.HIGH
    return level, level > Level.MID, level + 1, Level.HIGH == level, level is Level.LOW


@program(*ROWS)
def in_containers(x):
    s = "a" if x[0] > 0 else "b"
    state = ("on", x[1]) if x[1] > 0 else ("off", x[2])
    options = {"mode": "train"}
    if x[2] > 0:
        options["mode"] = "test"
    return [s, s], {"k": s}, (s, x), state, options


@program(*ROWS)
def in_attributes(x):
    machine = Machine()
    for v in x:
        if v > 1 and machine.mode == "idle":
            machine.mode = "busy"
        machine.seen.append(machine.mode)
    return machine.mode, machine.seen


@program([Machine(), f64(1.0)], [Machine(), f64(-1.0)])
def kept_in_an_object(machine, x):
    if x > 0:
        machine.mode = "busy"
    return x


@program(*ROWS)
def truth(x):
    s = "a" if x[0] > 0 else ""
    return (x if s else -x), (s or "empty"), (s and "full"), not s


@program(*ROWS)
def tests_of_it(x):
    s = "a" if x[0] > 0 else "b"
    out = 0
    if s == "a" and x[1] > 0:
        out = 1
    elif not s == "a" or x[2] > 0:
        out = 2
    return (
        out,
        isinstance(s, str),
        str(s),
        s < "b",
        s in {"a", "c"},
        min(s, "aa"),
        hasattr(s, "up"),
    )


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], [f32([1.0, 2.0])])
def dtypes_and_classes(x):
    kind = ValueError if x[0] > 0 else KeyError
    dtype = xp.float32 if x[0] > 0 else xp.float64
    return kind.__name__, kind is KeyError, dtype == x.dtype, issubclass(kind, Exception)


@program(*ROWS)
def a_text_and_a_tensor(x):
    s = "a" if x[0] > 0 else "b"
    return x + s


@program([f64(1.0), i64(0)], [f64(1.0), i64(1)], [f64(2.0), i64(3)], [f64(2.0), i64(4)], grad=0, traceable=False)
def functions_by_number(x, k):
    functions = [xp.sin, xp.cos, relu, swish]
    f = functions[0]
    for i in range(4):
        if i == k:
            f = functions[i]
    return f(x) * math.pi * (xp.tanh, relu, swish, xp.cos)[k](x) + functions[k](x)


@program([f64(1.0), i64(0)], [f64(1.0), i64(1)], [f64(2.0), i64(3)], grad=0, traceable=False)
def functions_along_with_a_size_of_the_run(x, n):
    for function, v in zip([xp.sin, xp.cos], xp.arange(n), strict=False):
        x = function(x) * v
    return x


@program(*ROWS, refused="a text that grows with each trip is any text")
def a_text_that_grows(x):
    s = ""
    for v in x:
        if v > 0:
            s = s + "x"
    return s


@program(*ROWS, refused="the letters of a text that the graph chooses")
def letters(x):
    for letter in "ab" if x[0] > 0 else "cd":
        print(letter)
    return x


@program(*ROWS)
def no_such_key(x):
    return {"a": x}["a" if x[0] > 0 else "b"]


@program(*ROWS, refused="a key that the graph chooses")
def a_key(x):
    return {"a" if x[0] > 0 else "b": x}


class Scaled:
    def __init__(self, by):
        self.by = by
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return x * self.by


ONE, OTHER = Scaled(2.0), Scaled(-0.5)


@program([Scaled(f64(2.0)), Scaled(f64(3.0)), f64(1.5)], [Scaled(f64(2.0)), Scaled(f64(3.0)), f64(-1.5)], grad=(2,))
def one_of_two_layers(one, other, x):
    layer = one if x > 0 else other
    y = layer(x) + layer.by
    layer.calls += 10
    return y, layer is one, isinstance(layer, Scaled)


@program([Scaled(f64(2.0)), Scaled(f64(-0.5)), f64(1.5)], [Scaled(f64(2.0)), Scaled(f64(-0.5)), f64(-4.0)])
def layers_that_a_loop_chooses(one, other, x):
    layer = one
    while abs(x) < 10:
        x = layer(x) + 1
        layer = other if x > 4 else one
    layer.by = x
    return x


@program([f64(1.5)], [f64(-1.5)])
def layers_from_outside(x):
    layer = ONE if x > 0 else OTHER
    return layer(layer(x))


@program([f64(1.5), i64(0)], [f64(-1.5), i64(1)], [f64(1.0), i64(2)])
def layer_of_a_tuple(x, n):
    return (ONE, OTHER)[n](x)


@program([f64(1.5), i64(1)], [f64(-1.5), i64(0)])
def layers_along_with_sizes(x, n):
    for layer, v in zip((ONE, OTHER), xp.arange(n), strict=False):
        x = layer(x) + v
    return x


@program([f64(1.0)], [f64(-1.0)], refused="NumPy needs it before")
def handed_to_a_library(x):
    level = Level.LOW if x > 0 else Level.HIGH
    try:
        return xp.asarray(level) * x
    except TypeError:
        return x - 100


@program([f64([-1.0, 2.0]), i64(1)], [f64([1.0, 1.0, -1.0]), i64(5)], [f64([0.2]), i64(5)], [f64([0.2]), i64(0)])
def lists_of_texts_that_were_met_in_another_order(x, n):
    first, second = [], []
    for v in x:
        first.append("low" if v < 0 else "high")
    for v in x:
        second.append("high" if v > 0.5 else "low")
    got = first if n > 2 else second
    return got, "/".join(got)


@program([f64(0.0)], [f64(2.0)], [f64(5.0)], [f64(1.0)], traceable=False)
def texts_returned_from_a_loop_and_a_handler(x):
    def reason(c):
        for _ in range(3):
            try:
                c = 1.0 / c
            except ZeroDivisionError:
                return "flat"
            if c < 0.3:
                return "small"
        return "slow"

    why = reason(float(x))
    return why, why == "flat"
