"""What flow analysis finds out about a function."""

import ast
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Carried:
    """The names that go in and out of one construct, in order of first binding; of what goes in, that comes first which
    goes out too. Loops, `try` and `with` give back what they take."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shared: tuple[str, ...]
    """The names that it binds, carried or not, and that stay one variable (`Flow.captured`)."""
    watched: tuple[str, ...] = ()
    """Of a `try` or `with`: the names that somebody reads, as its body left them, after an exception in the body."""
    fresh: tuple[str, ...] = ()
    """Of a block of steps: the inputs that begin as unbound."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Facts about one function.

    `unbound_reads`: loads that may find their name unbound; those of them in `late_reads` stand in a function inside,
    for which the name is a free variable. `undefined`: names that have to start as a marker for "unbound", as they are
    carried, or read where Python's own error would say something else. `captured`: locals that a function inside reads,
    and what a `try` or `with` binds: they stay one variable through all constructs.
    """

    carried: dict[ast.stmt, Carried]
    unbound_reads: frozenset[ast.Name]
    late_reads: frozenset[ast.Name]
    undefined: tuple[str, ...]
    captured: frozenset[str]

    def seeing(self, outer: "Flow") -> "Flow":
        """These facts, and those about reads that `outer` has noted inside this function."""
        return replace(
            self,
            unbound_reads=self.unbound_reads | outer.unbound_reads,
            late_reads=self.late_reads | outer.late_reads,
        )
