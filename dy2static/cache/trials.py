"""Staging of a function, tried again where it fails for want of something that the failure tells of."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from dy2static.cache.outside import Outside
from dy2static.cache.sources import Guard, collect
from dy2static.errors import StagingError
from dy2static.runtime.callables.converted import converted
from dy2static.runtime.missing_keys import finds_defaults
from dy2static.source.convert import Converted, asking_for_items, convert_function
from dy2static.staging.stage import Staged
from graph.errors import BranchTypeError, LoopTypeError

Found = tuple[Staged, list[tuple[Any, Converted]], list[Guard]]
"""What staging gives, the functions that it converted, and all that they can have read."""


class Trials:
    """What is known of a function from the times that it was staged."""

    def __init__(self, function: Any, target: Any) -> None:
        """`target` is the converted function, or the function where it is staged as it is."""
        self._function = function
        self._target = target
        self._asks_for_items = False
        """Whether Python needed an index of the graph, so that items are taken by the runtime."""
        self._chooses_objects = False
        """Whether items at places of the graph were changed, so that they are taken as themselves."""

    @property
    def is_usual(self) -> bool:
        """Whether the first trial is as good as all others."""
        return not (self._asks_for_items or self._chooses_objects)

    def staged(self, staging: Callable[..., Staged], objects: Sequence[tuple[str, Any]], given: Sequence[Any]) -> Found:
        """`staging` of the function, which is given these objects besides tensors and numbers, as its arguments or in
        them. Where an item was changed of which staging had a copy, it is tried again with the items themselves; if
        that fails, so did this."""
        found_in = [*given, *(x for _, x in objects)]
        self._asks_for_items = self._asks_for_items or finds_defaults(self._function, found_in)
        try:
            return self._staged(functools.partial(staging, chooses_objects=self._chooses_objects), objects)
        except StagingError as error:
            if self._chooses_objects or not error.is_of_choice:
                raise
            first = error
        with contextlib.suppress(BranchTypeError, LoopTypeError, StagingError):
            found = self._staged(functools.partial(staging, chooses_objects=True), objects)
            self._chooses_objects = True
            return found
        raise first

    def _staged(self, staging: Callable[..., Staged], objects: Sequence[tuple[str, Any]]) -> Found:
        """Where it fails on what is outside of the converted code, or that would change something unnoticed, it is
        tried again with that as part of it; the same for items that Python takes."""
        outside = Outside(objects)
        with asking_for_items(self._asks_for_items):  # before staging changes anything unnoticed
            outside.learn_classes(collect(_of_plain(self._own_conversions()), objects))
        while True:
            conversions = [pair for member in outside.members for pair in member.conversions]
            try:
                with asking_for_items(self._asks_for_items):
                    target = converted(self._function) if self._asks_for_items else self._target
                    conversions = [*self._own_conversions(), *conversions]
                    staged = staging(
                        function=target or self._target,
                        conversions=conversions,
                        lists=outside.lists,
                        grown=outside.grown,
                        members=outside.members,
                    )
                    found = collect(_of_plain(conversions), objects, staged.gradients_read, staged.asked)
                    if outside.holds(_of_plain(conversions)) and not outside.learn_classes(found):
                        return staged, conversions, found
            except (BranchTypeError, LoopTypeError, StagingError) as error:
                if isinstance(error, StagingError) and error.is_of_index and not self._asks_for_items:
                    self._asks_for_items = True
                    continue
                known = _of_plain(conversions)
                if not outside.learn(error, known) and not outside.learn_classes(collect(known, objects)):
                    raise
            except Exception:  # perhaps as a list that it looks at was empty, or as something changed unnoticed
                known = _of_plain(conversions)
                if outside.holds(known) and not outside.learn_classes(collect(known, objects)):
                    raise

    def _own_conversions(self) -> list[tuple[Any, Converted]]:
        """The function with its conversion, where it has one."""
        is_converted = self._target is not self._function
        return [(self._function, convert_function(plain(self._function)))] if is_converted else []


def plain(function: Any) -> Any:
    """The function that a partial or bound method calls in the end."""
    while isinstance(function, functools.partial):
        function = cast("functools.partial[Any]", function).func
    return getattr(function, "__func__", function)


def _of_plain(conversions: Iterable[tuple[Any, Converted]]) -> list[tuple[Any, Converted]]:
    """The functions themselves, with their conversions."""
    return [(plain(function), made) for function, made in conversions]
