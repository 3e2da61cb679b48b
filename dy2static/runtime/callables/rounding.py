"""`round` of a float to digits behind the point, as Python does it: the decimal number that is nearest to the exact
value of the float, of two that are as near the even one, and of that the nearest float."""

from typing import Any, Final

from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedNumber

MOST_DIGITS: Final = 22
"""Up to there the power of ten is a float without an error."""
WHOLE: Final = 2.0**53
"""A float that is as much after the multiplication has no digit left to be rounded."""
SPLITTER: Final = 2.0**27 + 1.0
"""Halves the 53 bits of a float (Veltkamp)."""


def round_to_digits(stager: Stager, x: StagedNumber, digits: int) -> StagedNumber:
    """The float x, rounded to at most `MOST_DIGITS` digits behind the point."""
    b = stager.builder
    b.loc = user_location()
    value, scale = x.graph_value, 10.0**digits
    scaled = b.mul(value, scale)
    nearest = b.round(scaled)
    apart, error = b.sub(scaled, nearest), _error(b, value, scale, scaled)
    up = b.logical_and(b.eq(apart, 0.5), b.gt(error, 0.0))
    down = b.logical_and(b.eq(apart, -0.5), b.lt(error, 0.0))
    nearest = b.where(up, b.add(nearest, 1.0), b.where(down, b.sub(nearest, 1.0), nearest))
    rounded = b.copysign(b.div(nearest, scale), value)
    return StagedNumber.of(b.where(b.lt(b.abs(scaled), WHOLE), rounded, value))


def _error(b: Any, x: Any, scale: float, product: Any) -> Any:
    """What the product lacks to that of the exact numbers (Dekker)."""
    spread = b.mul(x, SPLITTER)
    high = b.sub(spread, b.sub(spread, x))
    low = b.sub(x, high)
    of_scale = scale * SPLITTER
    scale_high = of_scale - (of_scale - scale)
    scale_low = scale - scale_high
    rest = b.sub(b.mul(high, scale_high), product)
    rest = b.add(b.add(rest, b.mul(high, scale_low)), b.mul(low, scale_high))
    return b.add(rest, b.mul(low, scale_low))
