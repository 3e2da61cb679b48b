"""What a failing op does to the exception of its kernel: nothing but a note that shows the user's line."""

from graph.location import UNKNOWN, Loc

_ATTRIBUTE = "__graph_loc__"


def note_location(error: Exception, loc: Loc) -> None:
    """Add the excerpt of `loc` to `error` as a note, once: the innermost op whose place is known wins."""
    if loc == UNKNOWN or location_of(error) is not None:
        return
    setattr(error, _ATTRIBUTE, loc)
    error.add_note(loc.excerpt())


def location_of(error: BaseException) -> Loc | None:
    """Where the op is that raised `error`; None when no executor has said so."""
    return getattr(error, _ATTRIBUTE, None)
