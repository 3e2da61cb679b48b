"""Attributes that values have in Python, and no others: what stands for them has names of its own."""

from collections import deque

from support.programs import f64, i64, program


class Held:
    def __init__(self, value, data):
        self.value = value
        self._data = data


@program([f64(2.0)], [f64(-1.0)], grad=0, adapts=True)
def attributes_with_names_of_ours(x):
    held = None
    if x > 0:
        held = Held(x, x * 3)
    return (0.0 if held is None else held.value + held._data), getattr(held, "value", x)


@program([f64(2.0)], [f64(-1.0)])
def attributes_that_tensors_do_not_have(x):
    y = x * 2 if x > 0 else x
    found = [hasattr(y, name) for name in ("value", "data", "known", "shape", "numpy", "params")]
    try:
        y = y.value
    except AttributeError as error:
        return found, str(error)
    return found, y


@program([f64([1.0, 2.0]), i64(2)], [f64([1.0, 2.0]), i64(0)], traceable=False)
def attributes_that_lists_do_not_have(x, n):
    rows, queue = [], deque([x])
    for i in range(n):
        rows.append(x * i)
    names = ("append", "replace", "length", "copy", "staged")
    found = [hasattr(rows, name) for name in names], [hasattr(queue, name) for name in (*names, "items", "maxlen")]
    try:
        getattr(rows, "re" + "place")
    except AttributeError as error:
        return found, str(error), getattr(rows, "length", 0), getattr(x, "graph_value", x)
