"""Compiling while the program already runs: one thread of ours, one job after the other.

The thread lives as long as there are jobs. It is a daemon, so that it keeps no process alive, but at exit the job that
it is at comes to an end first: LLVM must not work while the process is taken down. A fork waits for it likewise; the
new process begins the other jobs again when it asks for them.
"""

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

STACK_BYTES: Final = 1 << 26
"""LLVM recurses deeply, and threads have half a megabyte of stack on some systems."""
_stack_size: Final = threading.Lock()


class Job:
    """Something to do in the background, once."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do: Callable[[], None] | None = do
        self._ended = threading.Event()
        self.error: BaseException | None = None
        """What it raised."""

    def run(self) -> None:
        """Do it."""
        do, self._do = self._do, None
        try:
            if do is not None:
                do()
        except BaseException as error:
            self.error = error
        self._ended.set()

    def give_up(self) -> None:
        """It is not done any more."""
        self._do = None
        self.error = RuntimeError("the interpreter exits")
        self._ended.set()

    @property
    def is_done(self) -> bool:
        """Whether it came to an end, well or not."""
        return self._ended.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Return when it is done, or after `timeout` seconds; whether it is done."""
        return self._ended.wait(timeout)

    def after_fork(self) -> None:
        """In the new process: nobody waits."""
        if not self.is_done:
            self._ended = threading.Event()


class Background:
    """Does jobs in one thread, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = threading.Lock()
        """Held while a job is being done."""
        self._jobs: deque[Job] = deque()
        self._asides: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, job: Job) -> None:
        """Have a job done. Once the interpreter exits none is: they are given up."""
        with self._lock:
            self._jobs.append(job)
        self.go_on()

    def aside(self, do: Callable[[], None]) -> None:
        """Have something small done that nobody waits for: with the next job, or at the end of the process."""
        self._asides.append(do)

    def do_asides(self) -> None:
        """Do what was put aside."""
        while True:
            try:
                do = self._asides.popleft()
            except IndexError:  # there is no more
                return
            do()

    def go_on(self) -> None:
        """See to it that the jobs are being done: after a fork nobody does them."""
        with self._lock:
            if self._thread is None and self._jobs and not self._is_closed:
                try:
                    self._thread = _started(self._work)
                except RuntimeError:  # so Python says that it exits
                    self._is_closed = True
            if self._is_closed:
                self._give_up()

    def close(self) -> None:
        """Return when the job that is being done is; begin no other."""
        with self._lock:
            self._is_closed = True
            self._give_up()
            thread = self._thread
        if thread is not None:
            thread.join()
        self.do_asides()

    def _give_up(self) -> None:
        while self._jobs:
            self._jobs.popleft().give_up()

    def before_fork(self) -> None:
        """Hold the thread between two jobs, where it has no lock of anybody's."""
        self._busy.acquire()
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Let the thread go on."""
        self._lock.release()
        self._busy.release()

    def after_fork_in_child(self) -> None:
        """There is no thread here."""
        self._lock, self._busy = threading.Lock(), threading.Lock()
        self._thread = None
        for job in self._jobs:
            job.after_fork()

    def _work(self) -> None:
        while True:
            with self._busy:
                with self._lock:
                    if not self._jobs or self._is_closed:
                        self._thread = None
                        return
                    job = self._jobs.popleft()
                job.run()


def _started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="dy2static-compiler", daemon=True)
    with _stack_size:
        before = threading.stack_size(STACK_BYTES)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    return thread


BACKGROUND: Final = Background()
"""The thread that compiles."""
atexit.register(BACKGROUND.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=BACKGROUND.before_fork,
        after_in_parent=BACKGROUND.after_fork_in_parent,
        after_in_child=BACKGROUND.after_fork_in_child,
    )
