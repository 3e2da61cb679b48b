"""What goes on around a conversion."""

import gc
from types import FunctionType

import pytest

from dy2static.errors import ConversionError
from dy2static.source import convert


def test_collector_waits_for_a_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    def function(x: int) -> int:
        return x + 1

    found: list[bool] = []
    make = convert.make_conversion

    def noting(function: FunctionType) -> convert.Conversion:
        found.append(gc.isenabled())
        return make(function)

    monkeypatch.setattr(convert, "make_conversion", noting)
    convert.convert_function(function)
    assert found == [False]
    assert gc.isenabled()


def test_collector_goes_on_after_a_failed_conversion() -> None:
    def function() -> object:
        class Inner: ...

        return Inner

    with pytest.raises(ConversionError):
        convert.convert_function(function)
    assert gc.isenabled()


def test_collector_stays_off_where_it_was() -> None:
    def function(x: int) -> int:
        return x + 2

    gc.disable()
    try:
        convert.convert_function(function)
        assert not gc.isenabled()
    finally:
        gc.enable()
