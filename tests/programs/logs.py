"""Calls of loggers: at every run, in order, with Python's formatting."""

import logging

from support.programs import f64, i64, program


class Printing(logging.Handler):
    """Prints what it is given."""

    def emit(self, record: logging.LogRecord) -> None:
        print(record.levelname, record.funcName, self.format(record))


LOG = logging.getLogger("programs.logs")
LOG.setLevel(logging.DEBUG)
LOG.propagate = False
LOG.handlers = [Printing()]


@program([f64(1.0)], [f64(2.0)])
def levels(x):
    LOG.debug("x is %s", x)
    LOG.info("x is %r, %5s|%-8s|", x, x, x)
    LOG.warning("no arguments, 100%")
    if x > 1:
        LOG.error("large: %s", x)
    else:
        LOG.log(logging.CRITICAL, "small: %s", x)
    return x


@program([f64(1.0), i64(3)], [f64(2.0), i64(0)])
def in_a_loop(x, n):
    for i in range(n):
        LOG.info("trip %d: %.2f %6.1f %e %g %+d %05d", i, x * i, x, x, x, i, i)
        print("between", i)
    LOG.info(f"after {n} trips")


@program([f64(3.9)])
def of_mixed_arguments(x):
    LOG.info("%s %d%% %s %s", "text", 50, [x, 2], x.shape)
    LOG.info("%(a)s and %(b).1f", {"a": 1, "b": x})
    LOG.info("%d", x)
