"""What random programs change outside of their arguments: names of their module, attributes of its classes."""

import copy
from collections.abc import Mapping
from typing import Any

from support.random_programs.prelude import STATE


class ModuleState:
    """The state of a module; objects with an identity stay the same ones over `reset`."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._first = {name: copy.deepcopy(namespace[name]) for name in STATE if name in namespace}
        self._lists = {name: namespace[name] for name in self._first if isinstance(namespace[name], list)}
        classes = [value for value in namespace.values() if isinstance(value, type)]
        self._classes = {c: vars(c).get("made") for c in classes if hasattr(c, "made")}

    def reset(self) -> None:
        """Everything as it was when the module was made."""
        for name, value in self._first.items():
            own = copy.deepcopy(value)
            if name in self._lists:
                self._lists[name][:] = own
                own = self._lists[name]
            self._namespace[name] = own
        for kind, made in self._classes.items():
            if made is not None:
                kind.made = made
            elif "made" in vars(kind):
                del kind.made

    def first(self) -> Mapping[str, Any]:
        """What there was when the module was made, and is again after this."""
        self.reset()
        return self.now()

    def now(self) -> Mapping[str, Any]:
        """What there is now; lists are copies."""
        found: dict[str, Any] = {name: self._namespace.get(name) for name in self._first}
        copies: dict[str, Any] = {name: list(found[name]) if name in self._lists else found[name] for name in found}
        return copies | {f"{kind.__name__}.made": vars(kind).get("made", 0) for kind in self._classes}
