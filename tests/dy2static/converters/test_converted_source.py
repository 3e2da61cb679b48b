"""The converted source of each construct, as people read it when they debug."""

from collections.abc import Callable
from typing import Any

import pytest

from dy2static.source.convert import make_conversion
from dy2static.source.show import code
from support.constructs import CONSTRUCTS
from support.golden import assert_golden


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda f: f.__name__)
def test_converted_source(construct: Callable[..., Any]) -> None:
    origin = make_conversion(construct).origin
    assert_golden(f"converters/{construct.__name__}.py.txt", origin.source.text + "\n" + code(origin.tree()))
