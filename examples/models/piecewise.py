"""One neuron with a piecewise activation: what it computes depends on where its input falls."""

import eager as xp
from dy2static.report.case import Case


def hard_swish(v):
    if v <= -3.0:
        return 0.0 * v
    elif v < 3.0:
        return v * (v + 3.0) / 6.0
    else:
        return v


def neuron(x, weight, bias):
    return hard_swish(xp.sum(x * weight) + bias)


def case() -> Case:
    weight, bias = xp.asarray([0.5, -1.0, 2.0]), xp.asarray(0.25)
    return Case(
        name="piecewise",
        title="Piecewise activation (hard swish)",
        function=neuron,
        example=(xp.asarray([1.0, 0.5, 0.25]), weight, bias),
        other=(xp.asarray([2.0, -1.0, 3.0]), weight, bias),
        described=("v = 0.75", "v = 8.25"),
        argnum=1,
    )
