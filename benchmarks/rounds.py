"""The measurements themselves: rounds in which each worker has its turn, and first calls in fresh processes."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import CalledProcessError, run

from benchmarks.agreement import difference, load_arrays
from benchmarks.measurements import Cold, Record
from benchmarks.peers.catalog import EAGER, ROOT, Contestant
from benchmarks.process import Worker, WorkerError, environment

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. `seconds` is the length of a worker's turn."""

    contestants: tuple[Contestant, ...]
    workloads: tuple[str, ...]
    threads: tuple[int, ...]
    rounds: int
    seconds: float


def compare(plan: Plan, folder: Path, say: Say) -> tuple[list[Record], dict[str, str]]:
    """Records of all workloads, and the versions by contestant. A result that differs from eager's is not timed."""
    workers: list[Worker] = []
    records: list[Record] = []
    versions: dict[str, str] = {}
    try:
        reference = Worker(EAGER, 1, folder)
        workers.append(reference)
        for contestant in plan.contestants:
            for threads in plan.threads:
                try:
                    worker = Worker(contestant, threads, folder)
                except WorkerError as error:
                    say(f"SKIPPED {contestant.label} with {threads} threads: {error}")
                    continue
                workers.append(worker)
                versions[contestant.label] = worker.version
        for workload in plan.workloads:
            say(workload)
            expected = folder / "eager.npz"
            answer = reference.ask({"do": "prepare", "workload": workload, "outcome": str(expected)})
            if "error" in answer:
                raise WorkerError(f"eager cannot do {workload}: {answer['error']}")
            records += _workload(plan, workload, [w for w in workers[1:] if workload in w.workloads], expected, say)
    finally:
        for worker in workers:
            worker.close()
    return records, versions


def _workload(plan: Plan, workload: str, workers: Sequence[Worker], expected: Path, say: Say) -> list[Record]:
    records: list[Record] = []
    ready: list[tuple[Worker, Record]] = []
    for worker in workers:
        record = Record(worker.contestant.label, worker.contestant.is_ours, worker.threads, workload)
        records.append(record)
        _prepare(worker, record, expected)
        if record.error is None:
            ready.append((worker, record))
        else:
            say(f"  {record.contestant}, {record.threads} threads: {record.error}")
    for i in range(plan.rounds):
        for worker, record in [*ready[i % len(ready) :], *ready[: i % len(ready)]] if ready else []:
            if record.error is not None:
                continue
            try:
                answer = worker.ask({"do": "burst", "workload": workload, "seconds": plan.seconds})
            except WorkerError as error:
                answer = {"error": str(error)}
            if "error" in answer:
                record.error = answer["error"]
            else:
                record.add_round(answer["times"])
    return records


def _prepare(worker: Worker, record: Record, expected: Path) -> None:
    """The first calls, and whether they compute what eager does."""
    outcome = expected.with_name("outcome.npz")
    try:
        answer = worker.ask({"do": "prepare", "workload": record.workload, "outcome": str(outcome)})
    except WorkerError as error:
        answer = {"error": str(error)}
    record.first = answer.get("first_s")
    record.error = answer.get("error") or difference(load_arrays(outcome), load_arrays(expected))


def first_calls(plan: Plan, folder: Path, say: Say) -> list[Cold]:
    """A fresh process for each call: with an empty cache, and (ours) again with the cache that the first one left."""
    found = {(c.label, w): Cold(c.label, w) for c in plan.contestants for w in plan.workloads}
    for i in range(plan.rounds):
        say(f"first calls, round {i + 1} of {plan.rounds}")
        for contestant in plan.contestants:
            for workload in plan.workloads:
                cold = found[contestant.label, workload]
                with tempfile.TemporaryDirectory(dir=folder) as cache:
                    _first_call(contestant, plan.threads[-1], cold, cold.first, folder, cache)
                    if contestant.is_ours:
                        _first_call(contestant, plan.threads[-1], cold, cold.again, folder, cache)
    return list(found.values())


def _first_call(contestant: Contestant, threads: int, cold: Cold, times: list[float], folder: Path, cache: str) -> None:
    if cold.error is not None:
        return
    try:
        with Worker(contestant, threads, folder, {"DY2STATIC_CACHE": cache}) as worker:
            request = {"do": "prepare", "workload": cold.workload, "outcome": str(folder / "outcome.npz")}
            answer = worker.ask(request)
    except WorkerError as error:
        answer = {"error": str(error)}
    cold.error = answer.get("error")
    if cold.error is None:
        times.append(answer["first_s"])


IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def import_times(modules: dict[str, tuple[Path, str]], rounds: int) -> dict[str, float]:
    """Seconds that an import takes in a fresh process, median of the rounds; the byte code is compiled before."""
    times: dict[str, list[float]] = {name: [] for name in modules}
    for i in range(rounds + 1):
        for name, (python, module) in modules.items():
            try:
                done = run(
                    [str(python), "-c", IMPORT.format(module)],
                    check=True,
                    capture_output=True,
                    text=True,
                    cwd=ROOT,
                    env=environment(2),
                )
            except CalledProcessError:
                continue
            if i:
                times[name].append(float(done.stdout.split()[-1]))
    return {name: median(found) for name, found in times.items() if found}
