"""Jobs in the background: in order, one thread, and never in the way of an exit or a fork."""

import os
import subprocess
import sys
import textwrap
import threading

import pytest

from graph.execute.background import BACKGROUND, Background, Job


def test_jobs_are_done_in_order() -> None:
    seen: list[tuple[int, str]] = []
    jobs = [Job(lambda i=i: seen.append((i, threading.current_thread().name))) for i in range(20)]
    background = Background()
    for job in jobs:
        background.submit(job)
    assert all(job.wait(60) for job in jobs)
    assert seen == [(i, "dy2static-compiler") for i in range(20)]


def test_what_a_job_raises_is_kept() -> None:
    def fail() -> None:
        raise KeyboardInterrupt("not ours")

    bad, good = Job(fail), Job(lambda: None)
    background = Background()
    background.submit(bad)
    background.submit(good)
    assert bad.wait(60)
    assert isinstance(bad.error, KeyboardInterrupt)
    assert good.wait(60)
    assert good.error is None


def test_what_is_put_aside_is_done_once_at_the_end_at_the_latest() -> None:
    seen: list[int] = []
    background = Background()
    background.aside(lambda: seen.append(1))
    background.do_asides()
    background.aside(lambda: seen.append(2))
    assert seen == [1]
    background.close()
    background.close()
    assert seen == [1, 2]


def test_a_wait_ends() -> None:
    go_on = threading.Event()
    job = Job(lambda: go_on.wait(60) and None)
    background = Background()
    background.submit(job)
    assert not job.wait(0.001)
    assert not job.is_done
    go_on.set()
    assert job.wait(60)


def test_close_ends_with_the_job_that_is_being_done() -> None:
    begun, go_on, seen = threading.Event(), threading.Event(), list[int]()

    def first() -> None:
        begun.set()
        go_on.wait(60)
        seen.append(1)

    background = Background()
    background.submit(Job(first))
    background.submit(Job(lambda: seen.append(2)))
    begun.wait(60)
    closing = threading.Thread(target=background.close)
    closing.start()
    go_on.set()
    closing.join(60)
    assert seen in ([1], [1, 2])  # the second began before the close, or never does
    late = Job(lambda: seen.append(3))
    background.submit(late)
    assert late.wait(60)
    assert str(late.error) == "the interpreter exits"
    assert 3 not in seen


def test_python_starts_no_thread_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    before = threading.stack_size()
    job, background = Job(lambda: None), Background()
    background.submit(job)
    assert job.wait(60)
    assert isinstance(job.error, RuntimeError)
    assert threading.stack_size() == before


def outcome(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_an_exit_waits_for_the_job_and_begins_no_other() -> None:
    text = outcome("""
        import threading, time
        from graph.execute.background import BACKGROUND, Job
        begun = threading.Event()
        def job():
            begun.set()
            time.sleep(0.2)
            print("done")
        BACKGROUND.submit(Job(job))
        BACKGROUND.submit(Job(lambda: print("never")))
        begun.wait()
    """)
    assert text == "done\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_begins_again_what_was_not_begun() -> None:
    text = outcome("""
        import os, threading, time, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork with threads
        from graph.execute.background import BACKGROUND, Job
        begun = threading.Event()
        def first():
            begun.set()
            time.sleep(0.2)
        jobs = [Job(first), Job(lambda: print("in", "child" if os.getpid() != parent else "parent", flush=True))]
        parent = os.getpid()
        for job in jobs:
            BACKGROUND.submit(job)
        begun.wait()
        child = os.fork()
        if child == 0:
            assert jobs[0].is_done  # the fork waited for it
            BACKGROUND.go_on()
            assert jobs[1].wait(60)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert jobs[1].wait(60)
    """)
    assert sorted(text.splitlines()) in (["in child", "in parent"], ["in parent"])


def test_there_is_no_thread_without_jobs() -> None:
    job = Job(lambda: None)
    BACKGROUND.submit(job)
    assert job.wait(60)
    for thread in threading.enumerate():
        if thread.name == "dy2static-compiler":
            thread.join(60)
    assert "dy2static-compiler" not in {thread.name for thread in threading.enumerate()}
