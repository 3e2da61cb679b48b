"""Kepler's equation by Newton's method: as many steps as the orbits need, each held back while it overshoots."""

import eager as xp
from dy2static.report.case import Case


def eccentric_anomaly(mean_anomaly, eccentricity):
    """E with E - e sin E = M, for all M of a batch at once."""
    E = mean_anomaly
    error = E - eccentricity * xp.sin(E) - mean_anomaly
    while xp.max(xp.abs(error)) > 1e-12:
        step = error / (1.0 - eccentricity * xp.cos(E))
        largest = xp.max(xp.abs(step))
        if largest > 1.0:
            step = step / largest
        E = E - step
        error = E - eccentricity * xp.sin(E) - mean_anomaly
    return E


def total(mean_anomaly, eccentricity):
    return xp.sum(eccentric_anomaly(mean_anomaly, eccentricity))


def case() -> Case:
    anomalies = xp.asarray([0.1, 0.8, 1.5, 2.9])
    return Case(
        name="newton",
        title="Newton solver (Kepler's equation)",
        function=eccentric_anomaly,
        example=(anomalies, xp.asarray(0.2)),
        other=(anomalies, xp.asarray(0.95)),
        described=("e = 0.2", "e = 0.95"),
        loss=total,
        argnum=1,
    )
