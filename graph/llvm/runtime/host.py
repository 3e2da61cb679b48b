"""Which machine this is, without asking LLVM where it has been asked before: LLVM takes long to load."""

import functools
import hashlib
import importlib
from pathlib import Path
from typing import Final

from graph.llvm.runtime.cache import Cached, default_cache
from graph.llvm.runtime.object_code import Machine, ObjectCode
from graph.llvm.runtime.version import llvmlite_version

_CPUS: Final = Path("/proc/cpuinfo")
_DIFFERS: Final = ("processor", "cpu mhz", "bogomips", "core id", "apicid", "initial apicid", "physical id")
"""What the system says of a processor that is no property of its kind."""


_known: Final[dict[str, Machine]] = {}


def machine_for(cpu: str = "host") -> Machine:
    """As `machine`. What LLVM says of the host is kept on disk, for as long as the system describes it in the same way
    and LLVM is the same."""
    found = known_machine(cpu)
    if found is None:
        found = _known[cpu] = asked(cpu)
        text = "\n".join((found.triple, found.cpu, found.features))
        default_cache().put(_key(), Cached(ObjectCode(b"", ()), text))
    return found


def known_machine(cpu: str = "host") -> Machine | None:
    """The machine; None where LLVM would have to be loaded for the first time to say it, so that there is no code for
    it either. Where the system does not describe its processor, LLVM is asked at once."""
    found = _known.get(cpu)
    if found is None:
        key = _key() if cpu == "host" else ""
        kept = default_cache().get(key) if key else None
        found = Machine(*kept.note.split("\n")) if kept is not None else None if key else asked(cpu)
        if found is not None:
            _known[cpu] = found
    return found


def asked(cpu: str) -> Machine:
    """What LLVM says; it is loaded for it."""
    return importlib.import_module("graph.llvm.runtime.compile").machine(cpu)


def forget() -> None:
    """Look, or ask, anew."""
    _known.clear()
    description.cache_clear()


def _key() -> str:
    """Under what the host is kept; empty where the system does not describe it."""
    found = description()
    return found and f"host-{found}"


@functools.cache
def description() -> str:
    """A digest of how the system describes its first processor; empty where it does not."""
    try:
        with _CPUS.open("rb") as file:
            text = file.read(1 << 13)  # not all: of each processor the system finds out how fast it runs now
    except OSError:
        return ""
    first = text.partition(b"\n\n")[0].decode(errors="replace")
    lines = [line for line in first.splitlines() if line.partition(":")[0].strip().lower() not in _DIFFERS]
    return hashlib.sha256("\n".join([*lines, llvmlite_version()]).encode()).hexdigest()
