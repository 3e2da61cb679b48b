"""What a loop certainly counts with."""

import ast

import pytest

from dy2static.analysis.counting import counters


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("i += 1", ["i"]),
        ("i -= 3", ["i"]),
        ("i = i + 1", ["i"]),
        ("x = i\ni = i - 2\nj += 1", ["i", "j"]),
        ("i += 0", []),
        ("i += 0.5", []),
        ("i += True", []),
        ("i *= 2", []),
        ("i = j + 1", []),
        ("i = 1 + i", []),
        ("i = k = i + 1", []),
        ("a[i] += 1", []),
        ("if x:\n    i += 1", []),
        ("i += 1\ni = 0", []),
        ("i += 1\nif x:\n    i -= 1", []),
        ("for i in x:\n    pass\ni += 1", []),
        ("i += 1\ndef back():\n    nonlocal i\n    i = 0", []),
        ("del i\ni += 1", []),
    ],
)
def test_names_that_each_trip_changes(body: str, names: list[str]) -> None:
    assert counters(ast.parse(body).body) == names
