"""Times are those of one call."""

import time

import pytest

from dy2static.report import timing
from dy2static.report.timing import microseconds, seconds_per_call


def test_times_are_per_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "BUDGET", 0.05)
    short, long = seconds_per_call([lambda: None, lambda: time.sleep(0.003)])
    assert 0.0 < short < 1e-4
    assert 0.003 <= long < 0.05


def test_three_digits() -> None:
    assert [microseconds(x) for x in (1.234e-6, 12.345e-6, 123.45e-6, 1.2345e-2)] == ["1.2", "12.3", "123", "12345"]
