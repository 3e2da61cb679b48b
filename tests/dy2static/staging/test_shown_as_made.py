"""What is printed or logged while a graph is made, by code that is not converted."""

import io
import logging
import sys

import pytest

import eager as xp
from dy2static import StagingError, to_static
from support.defining import define

ONE = xp.asarray(1.0)
SOURCE = """
    import logging
    import sys

    class Tag:
        @property
        def size(self):
            logging.getLogger("of_a_tag").warning("asked")
            return 2.0

    def f(x):
        return x * Tag().size
"""


def test_a_property_logs_in_each_run(caplog: pytest.LogCaptureFixture) -> None:
    static = to_static(define(SOURCE))
    for _ in range(3):
        static(ONE)
    assert [record.getMessage() for record in caplog.records] == ["asked"] * 3


def test_the_stream_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    make = logging.getLogRecordFactory()
    refused = define("import pprint\ndef f(x):\n    pprint.pprint(1)\n    return x")
    for _ in range(2):
        with pytest.raises(StagingError, match="something is written to standard output here"):
            to_static(refused)(ONE)
    assert not vars(stream)
    assert logging.getLogRecordFactory() is make
    assert not stream.getvalue()


def test_a_stream_that_takes_no_attributes_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed:
        __slots__ = ()

        def write(self, _: str) -> int:
            return 0

        def flush(self) -> None:
            pass

    monkeypatch.setattr(sys, "stdout", Fixed())
    assert float(to_static(define("def f(x):\n    print(x)\n    return x + 1"))(ONE)) == 2.0
