"""The Van der Pol oscillator by a Runge-Kutta method that chooses its steps; a rejected one is tried again, shorter."""

import eager as xp
from dy2static.report.case import Case


def velocity(y, stiffness):
    return xp.stack([y[1], stiffness * (1.0 - y[0] * y[0]) * y[1] - y[0]])


def integrate(y, end, stiffness):
    """y(end), by the pair of orders 3 and 2 of Bogacki and Shampine (1989)."""
    tolerance = 1e-5
    t = 0.0
    h = 0.1
    while t < end:
        h = xp.minimum(h, end - t)
        k1 = velocity(y, stiffness)
        k2 = velocity(y + 0.5 * h * k1, stiffness)
        k3 = velocity(y + 0.75 * h * k2, stiffness)
        proposed = y + h * (2.0 * k1 + 3.0 * k2 + 4.0 * k3) / 9.0
        k4 = velocity(proposed, stiffness)
        error = xp.max(xp.abs(h * (-5.0 * k1 + 6.0 * k2 + 8.0 * k3 - 9.0 * k4) / 72.0)) / tolerance
        if error <= 1.0:
            t = t + h
            y = proposed
        h = h * xp.clip(0.9 * error ** (-1.0 / 3.0), 0.2, 5.0)
    return y


def final_position(y, end, stiffness):
    return integrate(y, end, stiffness)[0]


def case() -> Case:
    start = xp.asarray([2.0, 0.0])
    return Case(
        name="ode",
        title="Adaptive ODE step (Van der Pol)",
        function=integrate,
        example=(start, xp.asarray(1.0), xp.asarray(0.5)),
        other=(start, xp.asarray(1.0), xp.asarray(8.0)),
        described=("stiffness 0.5", "stiffness 8"),
        loss=final_position,
        argnum=0,
    )
