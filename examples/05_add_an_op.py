"""A new op is one declaration: types, kernel, derivative. Every engine and every mode has it then."""

from typing import Any

import numpy as np

import eager as xp
from dy2static import to_static
from eager.dispatch import apply
from graph.aval import Aval, Type
from graph.ir.emitter import Emitter
from graph.ir.opdef import OpDef, register
from graph.ops.promotion import to_float
from graph.ops.shape_rules import tensor


def infer_log_cosh(x: Type) -> Aval:
    """Shape rule: the operand's own shape and dtype."""
    return tensor(x, "log_cosh")


def log_cosh_kernel(x: Any) -> Any:
    """log(cosh(x)), also where cosh(x) would overflow."""
    return np.logaddexp(x, -x) - np.log(2.0)


def log_cosh_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    """The derivative is tanh(x). On the tape `b` computes, in a graph it appends ops."""
    return (b.mul(ct, b.tanh(x)),)


LOG_COSH = register(OpDef("log_cosh", infer=infer_log_cosh, kernel=log_cosh_kernel, vjp=log_cosh_vjp, promote=to_float))


def log_cosh(x):
    return apply(LOG_COSH, x)


@to_static
def loss(x):
    total = xp.asarray(0.0)
    for value in x:
        if value > 0.0:
            total = total + log_cosh(value)
        else:
            total = total + 2.0 * log_cosh(value)
    return total


if __name__ == "__main__":
    x = xp.asarray([0.5, -1.0, 800.0])
    print("eager       ", log_cosh(x))
    print("static      ", loss(x))
    print("tape        ", xp.grad(loss)(x))
    print("static grad ", loss.grad()(x))
    print("second order", xp.grad(lambda x: xp.sum(xp.grad(loss)(x)))(x))
    xp.gradcheck(log_cosh, xp.asarray([0.5, -1.0, 3.0]))
    print("gradcheck passed")
