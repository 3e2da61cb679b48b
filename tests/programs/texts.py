"""Texts that Python makes of what values of the graph are in: by `repr`, `%`, `format` and `join`."""

from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from typing import Any

from support.programs import f32, f64, i64, program

X = [f64(1.25), i64(2)], [f64(-3.5), i64(0)]


@dataclass
class Step:
    loss: Any
    number: int = 0


Pair = namedtuple("Pair", ["a", "b"])


class Meter:
    """Has texts of its own."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __repr__(self):
        return f"Meter({self.name!r}, {self.value!r})"

    def __str__(self):
        return self.name + " " + str(self.value)

    def __format__(self, spec):
        return f"<{self.name}: {self.value:{spec}}>"


class Tracker:
    """Keeps what it is shown."""

    def __init__(self):
        self.best = None
        self.history = []

    def update(self, loss):
        self.history.append(loss)
        if self.best is None or loss < self.best:
            self.best = loss

    def __repr__(self):
        return f"Tracker(best={self.best}, of={len(self.history)})"


class Signed:
    """Whose text takes a decision."""

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        if self.value > 0:
            return f"Signed(+{self.value})"
        return f"Signed({self.value})"


OUTSIDE = {"scale": f64(2.0)}


@program(*X, grad=0)
def of_dicts(x, n):
    print({"loss": x, "at": [n, (x * 2.0,)]}, {x.shape: 1})
    print(str({"loss": x}) + "!", repr({n.shape: x}))
    print(OrderedDict(a=x), deque([x, n]))
    return x * 2.0


@program(*X, grad=0)
def of_dataclasses_and_named_tuples(x, n):
    step = Step(x)
    for i in range(n):
        step.number += i
        print(step)
    print(f"{step}", f"{step!r}", [step], Pair(x, step), str(step), repr(step))
    return step.loss


@program(*X, grad=0)
def of_objects(x, n):
    meter = Meter("loss", x)
    print(meter, [meter], f"{meter!s}|{meter!r}", {"m": Meter("n", n)})
    print(f"{meter:.2f}", f"{meter:>8}", format(meter, ".1f"), format(x, ".3f"))
    return meter.value * x


@program(*X, grad=0)
def of_objects_with_lists_of_the_graph(x, n):
    tracker = Tracker()
    for i in range(n + 1):
        tracker.update(x * i - 1.0)
        print(i, tracker)
    print(f"{tracker}", [tracker])
    return tracker.best


@program(*X, refused="a text that the graph chooses")
def of_objects_that_decide(x, n):
    for i in range(n):
        print(Signed(x - i))
    print([Signed(x)])
    return x


@program(*X, grad=0)
def by_percent(x, n):
    print("%s and %r" % (x, x), "%d%%" % n, "%5.1f|%-8s|" % (x, n))
    print("%(loss).3f at %(step)d" % {"loss": x, "step": n}, "%s" % [x], "%s" % {"a": x})
    print("%d of %s" % (3, "known"))
    return x + n


@program(*X)
def that_percent_cannot_fill(x, n):
    try:
        print("%d %d" % (n,))  # noqa: F507 - this is what is tested
    except TypeError as error:
        print(error)
    return x


@program(*X)
def by_format_and_join(x, n):
    print("{} {:.2f} {!r} {a:>6}".format(x, x, [x], a=n))
    print(", ".join([str(x), "and", f"{n}"]), "".join(["a", "b"]), "-".join(str(i) for i in range(2)))
    return x


@program([f64([1.0, 2.0]), i64(1)], [f32([0.5, -1.0]), i64(3)])
def of_lists_of_the_graph(v, n):
    seen = []
    for i in range(n):
        seen.append(v[i % 2])
    print({"seen": seen}, f"{seen}", "%s" % seen)
    return v


@program(*X)
def of_tensors_from_outside(x, n):
    print({"w": OUTSIDE["scale"]}, [OUTSIDE["scale"]], f"{[OUTSIDE['scale']]}")
    OUTSIDE["scale"] = OUTSIDE["scale"] + 0.0
    return x


@program(*X)
def in_messages(x, n):
    try:
        if x > 0:
            raise ValueError("bad: %s" % {"x": x})
        assert n > 0, {"n": n}
    except (ValueError, AssertionError) as error:
        print(error)
    return x


@program(*X)
def of_ranges(x, n):
    print(range(n), [range(1, n)], f"{range(0, n, 2)}")
    return x


@program(*X, refused="a text of the graph is known when it runs")
def that_is_measured(x, n):
    return len(str(Step(x)))


@program(*X)
def formatted_one_by_one(x, n):
    best = None
    try:
        if n > 1:
            print(f"{n}: {best:.2f} {[n][5]}")
    except (TypeError, IndexError) as error:
        print(error)
    return x


class Report:
    def __init__(self):
        self.text = ""


@program(*X)
def returned(x, n):
    lines = [f"{k}: {x * k:.2f}" for k in range(3)]
    return f"{n} steps", str(x), {"a": f"{[x, n]}"}, lines, "-".join(lines), "%d items" % n, repr(x), str(Step(x, n))


@program([Report(), f64(1.25)], [Report(), f64(-3.5)])
def kept(report, x):
    report.text = f"x is {x}"
    return x


@program(*X)
def given_by_a_branch(x, n):
    text = "nothing"
    if x > 0:
        text = f"{n} steps"
    print(text)
    return text, f"<{text}>", text + "!"


@program(*X, [f64(-9.0), i64(1)])
def given_by_several_branches(x, n):
    if x > 1:
        text = f"high ({x:.1f})"
    elif x > -5:
        text = f"{n} and {x}"
    else:
        text = "low"
    if n > 1:
        text = f"{text}, {n} steps"
    return text


def label(v):
    if v > 1:
        return f"high ({v:.1f})"
    if v > 0:
        return f"low ({v:.1f})"
    return "negative"


@program(*X)
def given_by_calls(x, n):
    return label(x), [label(v) for v in (x, -x)], {"n": label(n)}


@program([f64([1.0, -2.0, 3.0])], [f64([])])
def of_the_last_trip(v):
    text = ""
    for t in v:
        text = f"last {t:.2f}"
    return text


@program(*([f64(1.0), i64(n)] for n in (0, 1, 4)))
def that_loops_keep(x, n):
    i, state = 0, "start"
    while i < n:
        state = f"step {i}" if i % 2 == 0 else state
        i += 1
    return state


@program([f64([1.0, -2.0, 3.0])], [f64([])])
def in_lists(v):
    lines = []
    for t in v:
        if t > 0:
            lines.append(f"up {t:.2f}")
        else:
            lines.append("down")
    for line in lines:
        print(line)
    return lines


@program(*X)
def that_may_be_none(x, n):
    text = None
    if x > 0:
        text = f"{n} steps of {x}"
    if text is not None:
        print(text)
    return text


@program(*X)
def of_errors(x, n):
    try:
        if x > 0:
            raise ValueError(f"{n} is too much")
        text = "fine"
    except ValueError as error:
        text = f"failed: {error}"
    return text


@program(*X)
def as_messages(x, n):
    text = f"{x} is there" if x > 0 else f"{n} only"
    try:
        assert n > 1, text
    except AssertionError as error:
        print(error)
    if n == 0:
        raise KeyError(text)
    return x


@program([Report(), f64(1.25)], [Report(), f64(-3.5)])
def kept_from_branches(report, x):
    if x > 0:
        report.text = f"x is {x}"
    return x


@program([f64([1.0, -2.0])], refused="no type of its own in each trip")
def that_grows(v):
    text = ""
    for t in v:
        text += f"{t} "
    return text


@program(*X)
def tested(x, n):
    text = ""
    if x > 0:
        text = f"{x:.1f}"
    if text:
        print("said", text)
    return text or "empty", not text, bool(text), bool(f"{n}")


@program(*X, [f64(-1.0), i64(3)])
def formats_that_python_lacks(x, n):
    try:
        text = f"{x:d}"
    except ValueError as error:
        text = str(error)
    try:
        text += format(x + [0.0, 1.0], ".2f")
    except TypeError as error:
        print(error)
    if n > 2:
        text = f"{int(n):q}"
    return x, text


@program(*X, refused="text that contains a value of the graph", traceable=False)
def text_of_the_graph_put_into_a_text(x, n):
    return "a=?".replace("?", f"{x}")
