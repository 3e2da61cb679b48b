"""The truth of `and` and `or` whose operands have no type in common."""

from dy2static.errors import StagingError
from dy2static.staging.values.staged import StagedNumber
from graph.errors import BranchTypeError
from graph.ir.value import Value


class OnlyTruth(StagedNumber):
    """What it is true of is known, what it is would be of one type on some paths and of another on others: whoever
    needs more than the truth gets an error that says so."""

    __slots__ = ()

    @staticmethod
    def of_either(truth: Value, error: BranchTypeError | StagingError) -> "OnlyTruth":
        """A new handle; `error` is what is raised when its value is used, without the frames that it came through: they
        would keep alive what is in them, this handle included."""
        error.__traceback__ = error.__context__ = None
        made = OnlyTruth.__new__(OnlyTruth)
        made._data = (truth, error)
        made._link = None
        return made

    @property
    def truth(self) -> Value:
        """A graph bool."""
        return self._data[0]

    @property
    def graph_value(self) -> Value:
        """Raises: the error, always."""
        raise self._data[1]
