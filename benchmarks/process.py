"""Workers as the comparison sees them: processes that are asked one at a time, and do not run in between."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from benchmarks.peers.catalog import ROOT, Contestant, python_of

THREADS: Final = ("THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "PJRT_NPROC")
"""What frameworks, and the libraries below them, read the number of their threads from."""


class WorkerError(RuntimeError):
    """A worker ended, or did not answer in time."""


def environment(threads: int, **more: str) -> dict[str, str]:
    """The environment of a worker that may use so many threads."""
    found = {**os.environ, **dict.fromkeys(THREADS, str(threads)), "PYTHONPATH": str(ROOT), **more}
    found.pop("PYTHONDONTWRITEBYTECODE", None)  # users' modules have their byte code
    found["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # else torch.compile keeps processes of its own
    if threads == 1:
        found["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return found


def interpreter(contestant: Contestant) -> Path:
    """The Python that a contestant runs in."""
    return Path(sys.executable) if contestant.is_ours else python_of(contestant.environment)


class Worker:
    """A process with one framework; stopped (SIGSTOP) unless it is asked, so that its threads cannot spin meanwhile."""

    def __init__(self, contestant: Contestant, threads: int, folder: Path, variables: Mapping[str, str] | None = None):
        self.contestant, self.threads = contestant, threads
        self._log = folder / f"{contestant.label.replace(' ', '-')}-{threads}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [str(interpreter(contestant)), "-m", "benchmarks.worker", contestant.module, contestant.mode],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(threads, **(variables or {})),
                cwd=ROOT,
            )
        self._is_paused = False
        try:
            hello = self._answer(timeout=120)
        except BaseException:
            self.close()
            raise
        self.version: str = hello["version"]
        self.workloads: list[str] = hello["workloads"]
        self._pause()

    def ask(self, request: Mapping[str, Any], timeout: float = 600) -> dict[str, Any]:
        """The answer to a request: {"error": ...} where the framework cannot. Raises: WorkerError."""
        self._resume()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self._ended()) from None
        answer = self._answer(timeout)
        self._pause()
        return answer

    def _answer(self, timeout: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not ready:
            raise WorkerError(f"no answer in {timeout:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(self._ended())
        return json.loads(line)

    def _ended(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return f"the process ended: {lines[-1][:200] if lines else 'it said nothing'}"

    def _pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)
        self._is_paused = True

    def _resume(self) -> None:
        if self._is_paused:
            self._process.send_signal(signal.SIGCONT)
            self._is_paused = False

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
