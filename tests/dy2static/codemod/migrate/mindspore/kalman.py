from mindspore import jit
from mindspore.ops import while_loop


@jit
def settle(variance, noise, drift, tolerance):
    """Iterates the variance of a filter until it is steady."""

    def moving(state):
        return abs(state[0] - state[1]) > tolerance

    def update(state):
        before, now = state
        # predict, then correct
        predicted = now + drift
        gain = predicted / (predicted + noise)
        return now, (1 - gain) * predicted

    _, steady = while_loop(moving, update, (variance, variance + 1.0))
    return steady
