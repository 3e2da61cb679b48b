"""What can be said of a program's execution: its native code, what that leaves to NumPy, its memory."""

from collections import Counter
from typing import Any, Final

from dy2static.cache.compiled import CompiledGraph
from graph.location import UNKNOWN, Loc

KB: Final = 1000
MB: Final = 1000_000
IN_WORDS: Final = {"numpy": "as a NumPy program", "interpreter": "by the interpreter"}


def native_of(compiled: CompiledGraph, whose: str) -> Any:
    """The native program of a graph (`graph.execute.native_program.NativeProgram`), compiled now if it was not before.

    Raises: RuntimeError where another executor was asked for.
    """
    if compiled.executor != "native":
        raise RuntimeError(
            f'{whose} runs {IN_WORDS[compiled.executor]}, so it has no native code: ask for executor="native"'
        )
    return compiled.native


def execution(compiled: CompiledGraph) -> list[str]:
    """How a graph runs, line by line: on what, what is called back, how much memory it took. Compiles nothing."""
    if compiled.executor != "native":
        return [f"runs {IN_WORDS[compiled.executor]}"]
    waits = compiled.compiling
    if waits is not None and waits.error is not None:
        return [f"runs as a NumPy program, because compiling it failed: {type(waits.error).__name__}: {waits.error}"]
    native = compiled.__dict__.get("native")
    if native is None and compiled.compile == "now":
        return ["runs as native code, which is made at the first call"]
    if native is None:
        return ["runs as a NumPy program until its native code is there"]
    peak = native.loaded.peak_bytes
    lines = ["runs as native code" + (f", at most {_amount(peak)} of memory in a run so far" if peak >= KB else "")]
    for site in native.callbacks:
        loop = "" if site.loop is None else f", at each trip of the loop{_at(site.loop)}"
        line = f"calls NumPy for `{site.op.name}`{_at(site.op.loc)}{loop}: {site.reason}"
        if line not in lines:
            lines.append(line)
    lines += [f"may run side by side: {_loops(group)}" for group in native.module.groups]
    return lines


def _loops(group: tuple[Loc, ...]) -> str:
    """The loops of a group: those of one line are parts of one, or of a function that is called again."""
    found = Counter(group)
    return ", ".join(f"the loop{_at(loc)}" + (f" ({n} times)" if n > 1 else "") for loc, n in found.items())


def _at(loc: Loc) -> str:
    return "" if loc == UNKNOWN else f" at {loc}"


def _amount(count: int) -> str:
    return f"{count / KB:.3g} KB" if count < MB else f"{count / MB:.3g} MB"
