"""Random numbers from an explicit state, the same in every mode and on every backend.

A state is u64[2]: a key and a counter. Its stream of 64-bit words is that of Philox4x64-10 (Salmon et al. 2011,
"Parallel random numbers: as easy as 1, 2, 3"): words 4*j .. 4*j+3 are the block of counter (counter + j, 0, 0, 0)
under key (key, 0), where what exceeds 64 bits is carried to the next word. An op takes words from the start of the
stream, in row-major order of its result, and returns the state moved on by the blocks that it touched. How words become
numbers is said at each op.
"""

import threading
from typing import Any, Final

import numpy as np

from graph.aval import Aval, Shape, Type, scalar
from graph.dtypes import DType, float32, float64, int64, is_integer, uint64
from graph.errors import DTypeError
from graph.ir.lowering import Loops
from graph.ir.onnx_form import NoOnnx
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, register
from graph.ops import random_lowering as lowering
from graph.ops.shape_rules import check_sizes, resolve_shape, tensor, unify_dims

STATE: Final = Aval(uint64, (2,))
NO_RANDOM = NoOnnx(
    "its random nodes give other numbers, and others in each run", "draw the numbers outside, and pass them in."
)
RANDOM: Final = NotDifferentiable("random bits do not depend smoothly on their state")
WORDS_PER_BLOCK: Final = 4
_WORD: Final = 0xFFFFFFFFFFFFFFFF
_LOW_HALF: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


class _Generator(threading.local):
    """One Philox for each thread, set to a state before use: five times cheaper than making one."""

    def __init__(self) -> None:
        self.bits = np.random.Philox(key=0)
        self.position: Any = self.bits.state

    def words(self, counter: tuple[int, int, int, int], key: tuple[int, int], count: int) -> np.ndarray:
        # NumPy steps the counter before each block.
        previous = counter[0] | counter[1] << 64 | counter[2] << 128 | counter[3] << 192
        previous -= 1
        words = (previous, previous >> 64, previous >> 128, previous >> 192)
        self.position["state"] = {"counter": [word & _WORD for word in words], "key": key}
        self.bits.state = self.position
        return self.bits.random_raw(count)


_GENERATOR: Final = _Generator()


def stream(state: Any, count: int) -> np.ndarray:
    """The first `count` words of the stream of a state."""
    return _GENERATOR.words((int(state[1]), 0, 0, 0), (int(state[0]), 0), count)


def advanced(state: Any, count: int) -> np.ndarray:
    """The state after `count` words: the counter moves by whole blocks and wraps at 2**64."""
    blocks = -(-count // WORDS_PER_BLOCK)
    return np.array([int(state[0]), (int(state[1]) + blocks) & _WORD], np.uint64)


def check_state(op: str, state: Type) -> None:
    vector = tensor(state, op)
    if vector.dtype != uint64 or vector.ndim != 1 or unify_dims(vector.shape[0], 2) is None:
        raise DTypeError(f"`{op}`: a random state is {STATE}, not {state}", next_step="make one with `random_state`.")


def _check_float(op: str, dtype: DType) -> None:
    if dtype not in (float32, float64):
        raise DTypeError(f"`{op}` makes float32 or float64, not {dtype}", next_step="cast the result with `astype`.")


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for dim in shape:
        size *= dim
    return size


def infer_random_state(seed: Type) -> Aval:
    """Shape rule of `random_state(seed)`: i64[] -> u64[2]. The key is the seed modulo 2**64, the counter 0."""
    if seed != scalar(int64):
        raise DTypeError(f"a seed must be i64[], not {seed}")
    return STATE


def random_state_kernel(seed: Any) -> np.ndarray:
    return np.array([int(seed) & _WORD, 0], np.uint64)


def infer_random_split(state: Type, *, count: int) -> Aval:
    """Shape rule of `random_split(state)`: u64[count, 2], states whose streams are independent of each other.

    Key i is word i of the stream that starts at counter (0, 0, 0, 1) under key (key, counter); the counters are 0.
    The state that was split is used up: take one of the new ones in its place.
    """
    check_state("random_split", state)
    return Aval(uint64, (count, 2))


def random_split_kernel(state: Any, *, count: int) -> np.ndarray:
    states = np.zeros((count, 2), np.uint64)
    states[:, 0] = _GENERATOR.words((0, 0, 0, 1), (int(state[0]), int(state[1])), count)
    return states


def infer_random_fold_in(state: Type, number: Type) -> Aval:
    """Shape rule of `random_fold_in(state, number)`: the state of the stream of that number, such as a step or a layer.

    The key is word 0 of the block of counter (number modulo 2**64, 0, 0, 2) under key (key, counter); the counter is 0.
    """
    check_state("random_fold_in", state)
    if number != scalar(int64):
        raise DTypeError(f"`random_fold_in`: the number must be i64[], not {number}")
    return STATE


def random_fold_in_kernel(state: Any, number: Any) -> np.ndarray:
    counter = (int(number) & _WORD, 0, 0, 2)
    (key,) = _GENERATOR.words(counter, (int(state[0]), int(state[1])), 1)
    return np.array([key, 0], np.uint64)


def infer_random_bits(state: Type, *sizes: Type, shape: Shape) -> tuple[Aval, Aval]:
    """Shape rule of `random_bits(state, *sizes) -> values, state`: the words themselves, u64[*shape]."""
    check_state("random_bits", state)
    check_sizes("random_bits", shape, sizes)
    return Aval(uint64, shape), STATE


def random_bits_kernel(state: Any, *sizes: Any, shape: Shape) -> tuple[Any, np.ndarray]:
    dims = resolve_shape(shape, sizes)
    count = _size(dims)
    return stream(state, count).reshape(dims)[()], advanced(state, count)


def infer_random_uniform(state: Type, *sizes: Type, shape: Shape, dtype: DType) -> tuple[Aval, Aval]:
    """Shape rule of `random_uniform(state, *sizes) -> values, state`: uniform on [0, 1).

    float64: a word each, (word >> 11) * 2**-53. float32: half a word each, the low half first, (half >> 8) * 2**-24.
    """
    check_state("random_uniform", state)
    check_sizes("random_uniform", shape, sizes)
    _check_float("random_uniform", dtype)
    return Aval(dtype, shape), STATE


def random_uniform_kernel(state: Any, *sizes: Any, shape: Shape, dtype: DType) -> tuple[Any, np.ndarray]:
    dims = resolve_shape(shape, sizes)
    count = _size(dims)
    if dtype == np.float64:
        return unit_interval(stream(state, count)).reshape(dims)[()], advanced(state, count)
    words = -(-count // 2)
    halves = stream(state, words).astype("<u8", copy=False).view("<u4")[:count]
    values = (halves >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
    return values.reshape(dims)[()], advanced(state, words)


def unit_interval(words: np.ndarray) -> np.ndarray:
    """Words as float64 in [0, 1): their upper 53 bits."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def infer_random_normal(state: Type, *sizes: Type, shape: Shape, dtype: DType) -> tuple[Aval, Aval]:
    """Shape rule of `random_normal(state, *sizes) -> values, state`: the standard normal distribution.

    Box and Muller (1958), in float64. For n values let m = ceil(n / 2), u and v the first and the next m words as
    float64 uniforms, r = sqrt(-2 log(1 - u)): the values are r cos(2 pi v), then r sin(2 pi v), cut to n.
    """
    check_state("random_normal", state)
    check_sizes("random_normal", shape, sizes)
    _check_float("random_normal", dtype)
    return Aval(dtype, shape), STATE


def random_normal_kernel(state: Any, *sizes: Any, shape: Shape, dtype: DType) -> tuple[Any, np.ndarray]:
    dims = resolve_shape(shape, sizes)
    count = _size(dims)
    pairs = -(-count // 2)
    u, v = unit_interval(stream(state, 2 * pairs)).reshape(2, pairs)
    radius = np.sqrt(-2.0 * np.log1p(-u))
    angle = (2.0 * np.pi) * v
    values = np.empty((2, pairs), dtype)
    values[0] = radius * np.cos(angle)
    values[1] = radius * np.sin(angle)
    return values.reshape(-1)[:count].reshape(dims)[()], advanced(state, 2 * pairs)


def infer_random_integers(
    state: Type, low: Type, high: Type, *sizes: Type, shape: Shape, dtype: DType
) -> tuple[Aval, Aval]:
    """Shape rule of `random_integers(state, low, high, *sizes) -> values, state`: integers in [low, high).

    The bounds are i64[]. A word w each: low + floor(w * (high - low) / 2**64), modulo 2**64; no value is likelier than
    another by more than (high - low) / 2**64. Raises at run time: ValueError when low >= high.
    """
    check_state("random_integers", state)
    check_sizes("random_integers", shape, sizes)
    for bound in (low, high):
        if bound != scalar(int64):
            raise DTypeError(f"`random_integers`: a bound must be i64[], not {bound}")
    if not is_integer(dtype):
        raise DTypeError(f"`random_integers` makes integers, not {dtype}")
    return Aval(dtype, shape), STATE


def random_integers_kernel(
    state: Any, low: Any, high: Any, *sizes: Any, shape: Shape, dtype: DType
) -> tuple[Any, np.ndarray]:
    width = int(high) - int(low)
    if width <= 0:
        raise ValueError(f"low >= high: there is no integer in [{low}, {high})")
    dims = resolve_shape(shape, sizes)
    count = _size(dims)
    offsets = upper_product(stream(state, count), width)
    values = (offsets + np.uint64(int(low) & _WORD)).astype(dtype)
    return values.reshape(dims)[()], advanced(state, count)


def upper_product(words: np.ndarray, factor: int) -> np.ndarray:
    """The upper 64 of the 128 bits of `words * factor`, by halves."""
    high, low = np.uint64(factor >> 32), np.uint64(factor & 0xFFFFFFFF)
    word_high, word_low = words >> _HALF, words & _LOW_HALF
    middle = word_high * low + ((word_low * low) >> _HALF)
    return word_high * high + (middle >> _HALF) + ((word_low * high + (middle & _LOW_HALF)) >> _HALF)


def infer_random_permutation(state: Type, *sizes: Type, shape: Shape) -> tuple[Aval, Aval]:
    """Shape rule of `random_permutation(state, *sizes) -> values, state`: 0..n-1 in random order, i64[n].

    The shape is (n,). The indices that sort the first n words, equal words in order.
    """
    check_state("random_permutation", state)
    check_sizes("random_permutation", shape, sizes)
    if len(shape) != 1:
        raise DTypeError(f"`random_permutation`: the shape must have one dim, not {len(shape)}")
    return Aval(int64, shape), STATE


def random_permutation_kernel(state: Any, *sizes: Any, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    (count,) = resolve_shape(shape, sizes)
    order = np.argsort(stream(state, count), kind="stable").astype(np.int64, copy=False)
    return order, advanced(state, count)


def _random_op(name: str, infer: Any, kernel: Any, lower: Any, effect: Effect = Effect.PURE) -> None:
    register(
        OpDef(
            name,
            infer=infer,
            kernel=kernel,
            vjp=RANDOM,
            promote=None,
            effect=effect,
            lower=Loops(lower),
            onnx=NO_RANDOM,
        )
    )


_random_op("random_state", infer_random_state, random_state_kernel, lowering.state_of_seed)
_random_op("random_split", infer_random_split, random_split_kernel, lowering.split)
_random_op("random_fold_in", infer_random_fold_in, random_fold_in_kernel, lowering.fold_in)
_random_op("random_bits", infer_random_bits, random_bits_kernel, lowering.bits)
_random_op("random_uniform", infer_random_uniform, random_uniform_kernel, lowering.uniform)
_random_op("random_normal", infer_random_normal, random_normal_kernel, lowering.normal)
_random_op("random_integers", infer_random_integers, random_integers_kernel, lowering.integers, Effect.CAN_FAIL)
_random_op("random_permutation", infer_random_permutation, random_permutation_kernel, lowering.permutation)
