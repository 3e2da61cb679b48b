import logging


def shown_logger():
    logger = logging.getLogger()
    return logger


LOGGER = shown_logger()


def drain(t, p):
    yield t


def f(x, y, n, p, v, box, d):
    r = 1
    o = None
    match o:
        case x if sum(drain(y, r)):
            pass
        case None:
            LOGGER.warning("at %.3f", x)
