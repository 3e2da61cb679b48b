"""What the process has for all of its code, as it was when staging began: a run finds that of its caller, whatever the
code did to it while the graph was made."""

import sys
import warnings
from typing import NoReturn

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location


class World:
    """The standard streams and the filters of warnings."""

    def __init__(self) -> None:
        self._streams = {"stdout": sys.stdout, "stderr": sys.stderr}
        self._filters = warnings.filters
        self._had = tuple(warnings.filters)
        self._show = warnings.showwarning

    def check_stream(self, name: str) -> None:
        """Raises: StagingError where the code has put another stream into the place of this one."""
        if getattr(sys, name) is not self._streams[name]:
            _refuse(
                f"`sys.{name}` was replaced in the converted function, and a run writes to that of its caller",
                f"replace `sys.{name}` around the call of the converted function, or collect the text in a list.",
            )

    def check_filters(self) -> None:
        """Raises: StagingError where the code has changed which warnings are shown, or what becomes of them."""
        is_same = warnings.filters is self._filters and warnings.showwarning is self._show
        if not is_same or tuple(warnings.filters) != self._had:
            _refuse(
                "the filters of warnings are changed in the converted function, and a run warns by those of its caller",
                "use `warnings.catch_warnings` around the call of the converted function.",
            )


def _refuse(what: str, next_step: str) -> NoReturn:
    raise StagingError(what, next_step=next_step, loc=user_location())
