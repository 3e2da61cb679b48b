"""What is outside of the converted code and becomes part of staging, where that fails without."""

from collections.abc import Iterable, Sequence
from typing import Any

from dy2static.cache.members import Member, changing_members_of, converted_steps_of, members_in, members_of, steps_of
from dy2static.cache.sources import Guard, Source, collect
from dy2static.errors import StagingError
from dy2static.source.convert import Converted
from dy2static.staging.objects.kept_property import KeptProperty
from dy2static.staging.stage import can_be_put
from graph.errors import BranchTypeError, LoopTypeError

Conversions = Iterable[tuple[Any, Converted]]
"""Functions, plain, with their conversions."""


class Outside:
    """Nothing at first: what is needed is learnt from failures. `objects` are those that the function is given."""

    def __init__(self, objects: Sequence[tuple[str, Any]]) -> None:
        self._objects = objects
        self.lists: list[Source] = []
        """Places of lists that control flow of the graph may change."""
        self.grown: list[Source] = []
        """Places of lists that the code adds to and does not look at."""
        self._members: dict[tuple[int, str], Member] = {}
        self._watched: dict[tuple[int, str], Member] = {}
        """What is noted where a run decides whether it is called: until then it runs as it is."""

    @property
    def members(self) -> tuple[Member, ...]:
        """Members of classes that Python calls, converted or watched."""
        return tuple({**self._watched, **self._members}.values())

    def learn(self, error: BranchTypeError | LoopTypeError | StagingError, conversions: Conversions) -> bool:
        """Whether more is part of staging from now on, after a failure that came when these were converted."""
        steps = [error.iterator] if isinstance(error, StagingError) and error.iterator is not None else []
        waiting = (*members_in(error.__traceback__), *members_of(error.kinds), *converted_steps_of(steps))
        found = {m.key: m for m in waiting if m.key not in self._members}
        self._members.update(found)
        known = {source.key for source in (*self.lists, *self.grown)}
        lists, grown = self._places(conversions)
        if all(source.key in known for source in (*lists, *grown)):
            return not self.holds(conversions) or bool(found)
        self.lists += [source for source in lists if source.key not in known]
        self.grown += [source for source in grown if source.key not in known]
        return True

    def learn_classes(self, guards: Iterable[Guard]) -> bool:
        """Whether the code can have met objects of classes whose members change something: these are part of staging
        from now on."""
        held = [guard.expected for guard in guards if guard.how == "identity"] + [x for _, x in self._objects]
        kinds = dict.fromkeys(x if isinstance(x, type) else type(x) for x in held)
        kinds |= dict.fromkeys(map(type, kinds))
        found = {m.key: m for m in changing_members_of(kinds) if m.key not in self._members}
        steps = {m.key: m for m in steps_of(kinds) if m.key not in self._watched}
        self._members.update(found)
        self._watched.update(steps)
        for member in found.values():
            if isinstance(member.converted, KeptProperty):
                member.converted.forget(held)
        return bool(found or steps)

    def holds(self, conversions: Conversions) -> bool:
        """Whether the code, with all that was converted, looks at none of the lists that it was thought only to add to.
        From now on it may look at them all, where it does at one."""
        if not self.grown:
            return True
        grown = {source.key for source in self._places(conversions)[1]}
        if all(source.key in grown for source in self.grown):
            return True
        self.lists, self.grown = [*self.lists, *self.grown], []
        return False

    def _places(self, conversions: Conversions) -> tuple[list[Source], list[Source]]:
        """Where plain lists are held, which the graph could change if they were its own; then those of lists that
        are only added to."""
        guards = collect(conversions, self._objects)
        places = [guard for guard in guards if _is_of_list(guard)]
        lengths = looked_into(guards)
        lists = [guard.source for guard in places if id(guard.expected) in lengths]
        return lists, [guard.source for guard in places if id(guard.expected) not in lengths]


def looked_into(guards: Iterable[Guard]) -> set[int]:
    """The identities of the containers of which more is read than that they are there."""
    return {id(guard.source.owner) for guard in guards if guard.source.kind in ("length", "items")}


def _is_of_list(guard: Guard) -> bool:
    return type(guard.expected) is list and guard.how == "identity" and can_be_put(guard.source)
