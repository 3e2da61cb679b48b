"""What lies outside of a program: clocks, streams, digests that it makes itself, files and the environment."""

import csv
import hashlib
import io
import os
import sys
import time
import warnings
from contextvars import ContextVar
from pathlib import Path
from time import monotonic

from support.programs import f64, i64, program


@program([f64(1.0), i64(3)], [f64(-1.0), i64(0)], grad=0)
def elapsed(x, n):
    start, ticks = time.perf_counter(), time.time_ns()
    for _ in range(n):
        x = x * 2.0
    passed = time.perf_counter() - start
    return x, passed >= 0.0, passed < 1000.0, time.time_ns() >= ticks, isinstance(ticks, int), isinstance(start, float)


@program([f64(1.0)], [f64(-1.0)])
def until_a_deadline(x):
    end = monotonic() + 0.02
    trips = 0
    while monotonic() < end and x > 0:
        trips += 1
    return trips > 0


@program([f64(1.5), i64(3)], [f64(-1.5), i64(0)], traceable=False)
def written_to_streams(x, n):
    sys.stdout.write("begin\n")
    for i in range(n):
        sys.stdout.write(f"{i}: ")
        print(x * i)
    if x > 0:
        sys.stderr.writelines(["positive ", f"{x}\n"])
    sys.stdout.flush()
    return sys.stdout.write("end\n")


@program([f64(1.5), "a"], [f64(-1.5), "b"])
def digests(x, name):
    digest = hashlib.sha256()
    digest.update(name.encode())
    buffer = io.StringIO()
    buffer.write(name)
    print("again", name, digest.hexdigest()[:8])
    if x > 0:
        inner = hashlib.md5(name.encode())
        inner.update(b"more")
        print(inner.hexdigest())
    return x, buffer.getvalue()


@program([f64(1.5), "/"], [f64(-1.5), "/nowhere"])
def questions(x, path):
    if os.path.exists(path) and Path(path).is_dir() and os.getenv("NOT_SET", "none") == "none":
        return x * 2.0
    return x if "NOT_SET" not in os.environ else -x


@program([f64(1.0)], refused="a file would be written to once")
def writes_a_file(x):
    with open(os.devnull, "w") as file:
        file.write("text")
    return x


@program([f64(1.0)], [f64(-1.0)], made=True, refused="a buffer from outside would be written to once")
def writes_to_a_buffer():
    buffer = io.StringIO()

    def f(x):
        if x > 0:
            buffer.write("positive")
        return x

    return f


@program([f64(1.0)], [f64(-1.0)], made=True, refused="a context variable would be set once", traceable=False)
def sets_a_context_variable():
    depth = ContextVar("depth", default=0)

    def f(x):
        if x > 0:
            depth.set(depth.get() + 1)
        return x * depth.get()

    return f


@program([f64(1.0)], made=True, refused="a later run would find the buffer at its end", traceable=False)
def buffer_read_by_a_builtin():
    lines = io.StringIO("1\n2\n")
    return lambda x: x + len(sorted(lines))


@program([f64(1.0)], made=True, refused="a later run would find the reader at its end", traceable=False)
def reader_in_a_generator_expression():
    rows = csv.reader(["1,2", "3,4"])
    return lambda x: x + sum(int(a) for a, _ in rows)


@program([f64(1.0)], [f64(-1.0)])
def rows_read_where_they_are_made(x):
    rows = csv.DictReader(["a,b", "1,2", "3,4"])
    lines = io.StringIO("1\n2\n")
    return x * sum(int(row["a"]) for row in rows), list(lines), list(csv.reader(["1,2"]))


@program([f64(1.0)], [f64(-2.0)])
def count_written(x):
    n = sys.stdout.write("abc\n")
    if x > 0:
        n = n + sys.stdout.write("four\n")
        sys.stdout.write(f"{x}\n")
    wrote = sys.stderr.write(f"{x}\n")
    return x * n, wrote is None


@program([f64(1.0)], [f64(-2.0)], refused="the number of characters is known only when the graph runs")
def count_written_of_a_run(x):
    return x + sys.stdout.write(f"{x}\n")


@program([f64(1.0)], [f64(-2.0)], refused="a run warns by the filters of its caller")
def warns_where_it_is_ignored(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if x > 0:
            warnings.warn("small")
    return x


@program([f64(1.0)], [f64(-2.0)], refused="a run warns by the filters of its caller")
def counts_its_warnings(x):
    with warnings.catch_warnings(record=True) as seen:
        warnings.warn("small")
    return x + len(seen)


@program([f64(1.0)], [f64(-2.0)])
def warns_after_filters_are_back(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = x * 2
    warnings.warn("small")
    return y


class Silent:
    def __enter__(self):
        self.stream = sys.stdout
        sys.stdout = io.StringIO()

    def __exit__(self, *about):
        sys.stdout = self.stream


@program([f64(1.0)], [f64(-2.0)], refused="a run writes to the stream of its caller")
def prints_to_nowhere(x):
    with Silent():
        print(x)
    return x
