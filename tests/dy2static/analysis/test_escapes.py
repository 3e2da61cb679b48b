"""How statements can end."""

import ast

import pytest

from dy2static.analysis.escapes import Escapes


@pytest.mark.parametrize(
    ("body", "exits"),
    [
        ("pass", "F"),
        ("return 1", "R"),
        ("raise a", ""),
        ("if a:\n    return 1", "FR"),
        ("if a:\n    return 1\nelse:\n    raise a", "R"),
        ("return 1\nbreak", "R"),
        ("if a:\n    break\nelse:\n    continue", "BC"),
        ("while a:\n    break", "F"),
        ("while True:\n    pass", ""),
        ("while True:\n    a = 1\n    if a:\n        break", "F"),
        ("while 1:\n    return a", "R"),
        ("while a:\n    return a\nelse:\n    return b", "R"),
        ("while a:\n    break\nelse:\n    return b", "FR"),
        ("for a in b:\n    continue\nelse:\n    continue", "C"),
        ("for a in b:\n    return 1", "FR"),
        ("def g():\n    return 1", "F"),
        ("with a:\n    return 1", "FR"),
        ("try:\n    return 1\nexcept a:\n    pass", "FR"),
        ("try:\n    return 1\nexcept a:\n    raise", "R"),
        ("try:\n    pass\nexcept a:\n    break\nelse:\n    return 1", "BR"),
        ("try:\n    return 1\nexcept a:\n    pass\nelse:\n    break\nfinally:\n    pass", "FR"),
        ("try:\n    return 1\nfinally:\n    continue", "C"),
    ],
)
def test_exits(body: str, exits: str) -> None:
    statements = ast.parse(body).body
    assert "".join(sorted(exit.name[0] for exit in Escapes().block(statements))) == exits
