"""The errors of conversion, staging and tracing. They carry the user's line; see `graph.errors` for their form."""

from graph.errors import GraphError


class ConversionError(GraphError):
    """A construct that conversion does not take, at the user's line."""


class SourceUnavailableError(GraphError):
    """The function's source text cannot be found."""


class StagingError(GraphError):
    """A value or an action that cannot be part of a graph, met while a function was staged."""

    is_of_index = False
    """Whether Python itself, or NumPy, needed the value: as the index of an item, perhaps."""

    is_of_choice = False
    """Whether an item was changed that was taken at a place which only the graph knows: as a copy, perhaps."""

    is_of_element = False
    """Whether it is about a change of what is in a list of the graph."""

    is_of_first_trip = False
    """Whether it is about the first trip of a loop: behind that, it would not be met again."""

    iterator: type | None = None
    """The class of a user's iterator that it is about: converted, its `__next__` says what it changes."""


class TraceWarning(UserWarning):
    """A value went from a tensor to Python while a function was traced: what Python made of it is now fixed."""


class ShadowWarning(UserWarning):
    """A checked call of a static function (`to_static(shadow=...)`) gave another result than plain Python."""


class UnrolledLoopWarning(UserWarning):
    """A Python loop puts very many ops into a graph, and its body keeps it from becoming a loop of the graph."""


class ExportError(GraphError):
    """A program that has no faithful form in the format asked for, or a file that does not do what the program does."""


class ExportWarning(UserWarning):
    """Something that a program does besides its results, and that the exported file does not do."""
