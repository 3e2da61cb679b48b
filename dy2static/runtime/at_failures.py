"""Whether what comes after an exception of a run, such as a `finally`, does something that is seen."""

from collections.abc import Callable

from dy2static.staging.failures.never import OF_STAGING
from dy2static.staging.failures.raising import can_raise_itself
from dy2static.staging.failures.slips import refuse_slips
from dy2static.staging.regions.attempt import unwatched
from dy2static.staging.stager import Stager
from graph.ir.op import Op
from graph.ir.opdef import Effect, effect_of


class AtFailures:
    """Is told of the ops of a block: at each that can fail, `after` comes with what is there at that
    moment, and says whether it is seen otherwise than by what it prints or raises."""

    def __init__(self, stager: Stager, after: Callable[[], bool]) -> None:
        self._stager = stager
        self._after = after
        outer = stager.builder.watch
        self._outer = outer if isinstance(outer, AtFailures) else None
        self.is_seen = False
        """Whether it is anywhere."""

    def __call__(self, op: Op) -> None:
        if not can_raise_itself(op):
            return
        if self._outer is not None:
            self._outer(op)
        if not self.is_seen:
            with unwatched(self._stager.builder):
                self.is_seen = self._is_seen_here()

    def _is_seen_here(self) -> bool:
        builder = self._stager.builder
        count = len(builder.ops)
        with self._stager.trial():
            try:
                is_seen = self._after()
            except OF_STAGING:
                return True
            except Exception as error:
                refuse_slips(error)
                return True
            return is_seen or any(effect_of(op) is not Effect.PURE for op in builder.ops[count:])
