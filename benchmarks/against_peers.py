"""Ours against the peers that are installed, in one run: `python -m benchmarks peers [NAME ...]`.

For each workload each worker (a process with one framework and one number of threads) has its turn in each round, and
is stopped in between. Prints the tables, keeps all numbers in build/, and puts the tables into docs/benchmarks.md.
"""

import argparse
import datetime
import json
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path
from typing import get_args

from benchmarks.inputs import WORKLOADS
from benchmarks.peers.catalog import EAGER, ENVIRONMENTS, PEERS, ROOT, Contestant, ours, python_of
from benchmarks.process import interpreter
from benchmarks.report import Report
from benchmarks.rounds import Plan, compare, first_calls, import_times
from benchmarks.table import put_between_marks
from dy2static.cache.compiled import Executor

PAGE = ROOT / "docs" / "benchmarks.md"
RAW = ROOT / "build" / "benchmarks"


def arguments() -> argparse.Namespace:
    executors = [name for name in get_args(Executor) if name != "interpreter"]
    parser = argparse.ArgumentParser(prog="python -m benchmarks peers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(WORKLOADS)}; all without")
    parser.add_argument("--peers", type=_list, default=list(ENVIRONMENTS), help=f"of {','.join(ENVIRONMENTS)}")
    parser.add_argument("--executors", type=_list, default=executors, help=f"ours; of {','.join(executors)}")
    parser.add_argument("--eager", action="store_true", help="our eager engine too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of a worker's turn")
    parser.add_argument("--threads", type=lambda text: [int(t) for t in text.split(",")], default=[1, 2])
    parser.add_argument("--quick", action="store_true", help="2 short rounds, nothing cold; the page stays as it is")
    parser.add_argument("--no-cold", action="store_true", help="no first calls in fresh processes, no import times")
    parser.add_argument("--no-page", action="store_true", help=f"leave {PAGE.relative_to(ROOT)} as it is")
    chosen = parser.parse_args()
    for kind, given, known in (
        ("workload", chosen.names, WORKLOADS),
        ("peer", chosen.peers, ENVIRONMENTS),
        ("executor", chosen.executors, executors),
    ):
        for name in given:
            if name not in known:
                parser.error(f"there is no {kind} {name!r}; there are {', '.join(known)}")
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.no_cold, chosen.no_page = 2, 0.05, True, True
    return chosen


def _list(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def installed(peers: list[str]) -> list[Contestant]:
    """Those that have an environment; the others are named."""
    for name in peers:
        if not python_of(name).exists():
            say(f"SKIPPED {name}: it is not installed; `make bench-peers` tries to")
    return [c for c in PEERS if c.environment in peers and python_of(c.environment).exists()]


def cpu_name() -> str:
    """As the system says it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def main() -> None:
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # workers must not stay behind, stopped
    own = [*([EAGER] if chosen.eager else []), *map(ours, chosen.executors)]
    peers = installed(chosen.peers)
    plan = Plan(
        contestants=(*own, *peers),
        workloads=tuple(chosen.names or WORKLOADS),
        threads=tuple(chosen.threads),
        rounds=chosen.rounds,
        seconds=chosen.seconds,
    )
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records, versions = compare(plan, folder, say)
        cold, imports = [], {}
        if not chosen.no_cold:
            jax = [c for c in peers if c.environment == "jax"]
            compiled = [c for c in own if c is not EAGER]
            cold_plan = Plan((*jax, *compiled), plan.workloads, plan.threads, min(3, plan.rounds), plan.seconds)
            cold = first_calls(cold_plan, folder, say)
            modules = {"dy2static": (Path(sys.executable), "dy2static")}
            modules.update({c.environment: (interpreter(c), ENVIRONMENTS[c.environment].imports) for c in peers})
            imports = import_times(modules, cold_plan.rounds)
    report = Report(
        date=datetime.date.today().isoformat(),
        cpu=cpu_name(),
        load=load,
        settings={"rounds": plan.rounds, "seconds a turn": plan.seconds},
        versions={"Python": platform.python_version(), **versions},
        records=records,
        cold=cold,
        imports=imports,
    )
    print(report.text())
    RAW.mkdir(parents=True, exist_ok=True)
    raw = RAW / f"peers-{datetime.datetime.now():%Y%m%d-%H%M%S}.json"
    raw.write_text(json.dumps(report.data(), indent=1))
    say(f"all numbers: {raw.relative_to(ROOT)}")
    if not chosen.no_page:
        PAGE.write_text(put_between_marks(PAGE.read_text(encoding="utf-8"), report.markdown()), encoding="utf-8")
        say(f"written: {PAGE.relative_to(ROOT)}")
    raise SystemExit(any(r.error for r in records if r.is_ours))


if __name__ == "__main__":
    main()
