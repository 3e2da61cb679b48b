"""Sets of names, written as texts: long ones stay readable."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
