"""Random numbers in native code: the same words as NumPy's Philox, block by block.

A block is four words and costs twenty wide multiplications, so what needs several of its words computes it once.
"""

from collections.abc import Callable
from typing import Any, Final

from graph.aval import Shape
from graph.dtypes import DType, float32, float64, int32, int64, uint32, uint64
from graph.ir.lowering import LoopEmitter, Scalar, ScalarEmitter, Size
from graph.ops.constant import sizes_of
from graph.ops.sort_lowering import sort_places

WORDS: Final = 4
_MULTIPLIERS: Final = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_KEY_STEPS: Final = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS: Final = 10


def block(s: ScalarEmitter, counter: tuple[Scalar, ...], key: tuple[Scalar, Scalar]) -> tuple[Scalar, ...]:
    """The four words of a counter under a key. Source: Salmon et al. 2011, Philox4x64-10."""
    a, b, c, d = (s.convert(x, uint64) for x in counter)
    first, second = (s.convert(x, uint64) for x in key)
    for number in range(_ROUNDS):
        if number:
            first, second = (
                s.add(k, s.const(step, uint64)) for k, step in zip((first, second), _KEY_STEPS, strict=True)
            )
        (high_a, low_a), (high_c, low_c) = (
            s.wide_product(x, s.const(m, uint64)) for x, m in zip((a, c), _MULTIPLIERS, strict=True)
        )
        a, c = s.bit_xor(s.bit_xor(high_c, b), first), s.bit_xor(s.bit_xor(high_a, d), second)
        b, d = low_c, low_a
    return a, b, c, d


def _quotient_up(e: LoopEmitter, x: Size, y: int) -> Size:
    """x / y, rounded up."""
    return e.quotient(e.add(x, y - 1), y)


def _draw(
    e: LoopEmitter,
    buffer: Any,
    words: Callable[[Size], tuple[Scalar, ...]],
    made_of: Callable[[Scalar], tuple[Scalar, ...]],
    per_word: int = 1,
) -> None:
    """Fill a buffer with what is made of the words of blocks 0, 1, ...: `per_word` elements each."""
    to = e.flat(buffer)
    (count,) = e.sizes(to)
    per_block = WORDS * per_word

    def elements(number: Size) -> list[Scalar]:
        return [element for word in words(number) for element in made_of(word)]

    whole = e.quotient(count, per_block)
    with e.loop(whole, parallel=True) as number:
        for k, element in enumerate(elements(number)):
            e.store(to, (e.add(e.mul(number, per_block), k),), element)
    done = e.mul(whole, per_block)
    rest = e.sub(count, done)
    if isinstance(rest, int):
        for k, element in enumerate(elements(whole)[:rest] if rest else ()):
            e.store(to, (done + k,), element)
        return
    with e.when(e.gt(rest, 0)):
        for k, element in enumerate(elements(whole)[: per_block - 1]):
            with e.when(e.gt(rest, k)):
                e.store(to, (e.add(done, k),), element)


class _State:
    """A state, its stream, and how far that has been used."""

    def __init__(self, e: LoopEmitter, state: Any) -> None:
        self._e = e
        self.key, self.counter = (e.load(state, (i,)) for i in (0, 1))

    def block(self, number: Size) -> tuple[Scalar, ...]:
        """Within one draw the counter is carried on beyond 64 bits, as by NumPy."""
        e = self._e
        low = e.add(self.counter, e.convert(number, uint64))
        carried = e.convert(e.lt(low, self.counter), uint64)
        return block(e, (low, carried, 0, 0), (self.key, 0))

    def after(self, words: Size) -> list[Scalar]:
        """The state after so many words."""
        e = self._e
        return [self.key, e.add(self.counter, e.convert(_quotient_up(e, words, WORDS), uint64))]


def _result(e: LoopEmitter, dtype: DType, shape: Shape, sizes: tuple[Any, ...]) -> tuple[Any, Size]:
    """A buffer of the shape that an op is asked for, and how many elements it has."""
    found = sizes_of(e, *(e.convert(n, int64) for n in sizes), shape=shape)
    for n in found:
        e.check(e.ge(n, 0))
    made = e.buffer(dtype, found)
    return made, e.sizes(e.flat(made))[0]


def state_of_seed(e: LoopEmitter, seed: Any) -> list[Any]:
    return [e.convert(seed, uint64), 0]


def split(e: LoopEmitter, state: Any, *, count: int) -> Any:
    key, counter = (e.load(state, (i,)) for i in (0, 1))
    keys, states = e.buffer(uint64, (count,)), e.buffer(uint64, (count, 2))
    _draw(e, keys, lambda number: block(e, (number, 0, 0, 1), (key, counter)), lambda word: (word,))
    with e.loop(count, parallel=True) as i:
        e.store(states, (i, 0), e.load(keys, (i,)))
        e.store(states, (i, 1), 0)
    return states


def fold_in(e: LoopEmitter, state: Any, number: Any) -> list[Any]:
    key, counter = (e.load(state, (i,)) for i in (0, 1))
    return [block(e, (number, 0, 0, 2), (key, counter))[0], 0]


def bits(e: LoopEmitter, state: Any, *sizes: Any, shape: Shape) -> tuple[Any, Any]:
    stream = _State(e, state)
    values, count = _result(e, uint64, shape, sizes)
    _draw(e, values, stream.block, lambda word: (word,))
    return values, stream.after(count)


def _unit_interval(s: ScalarEmitter, word: Scalar) -> Scalar:
    """A word as float64 in [0, 1). What is left of it fits an int64, from which processors convert faster."""
    upper = s.convert(s.shift_right(word, 11), int64)
    return s.mul(s.convert(upper, float64), 2.0**-53)


def uniform(e: LoopEmitter, state: Any, *sizes: Any, shape: Shape, dtype: DType) -> tuple[Any, Any]:
    stream = _State(e, state)
    values, count = _result(e, dtype, shape, sizes)
    if dtype == float64:
        _draw(e, values, stream.block, lambda word: (_unit_interval(e, word),))
        return values, stream.after(count)

    def halves(word: Scalar) -> tuple[Scalar, ...]:
        parts = (e.convert(word, uint32), e.convert(e.shift_right(word, 32), uint32))
        upper = (e.convert(e.shift_right(half, 8), int32) for half in parts)
        return tuple(e.mul(e.convert(x, float32), 2.0**-24) for x in upper)

    _draw(e, values, stream.block, halves, per_word=2)
    return values, stream.after(_quotient_up(e, count, 2))


def normal(e: LoopEmitter, state: Any, *sizes: Any, shape: Shape, dtype: DType) -> tuple[Any, Any]:
    stream = _State(e, state)
    values, count = _result(e, dtype, shape, sizes)
    pairs = _quotient_up(e, count, 2)
    words = e.mul(pairs, 2)
    uniforms, sines = e.buffer(float64, (words,)), e.buffer(dtype, (pairs,))
    _draw(e, uniforms, stream.block, lambda word: (_unit_interval(e, word),))
    to = e.flat(values)
    with e.loop(pairs, parallel=True) as i:
        u, v = e.load(uniforms, (i,)), e.load(uniforms, (e.add(pairs, i),))
        radius = e.math("sqrt", e.mul(e.math("log1p", e.neg(u)), -2.0))
        angle = e.mul(v, 6.283185307179586)
        e.store(to, (i,), e.convert(e.mul(radius, e.math("cos", angle)), dtype))
        e.store(sines, (i,), e.convert(e.mul(radius, e.math("sin", angle)), dtype))
    with e.loop(e.sub(count, pairs), parallel=True) as i:
        e.store(to, (e.add(pairs, i),), e.load(sines, (i,)))
    return values, stream.after(words)


def integers(
    e: LoopEmitter, state: Any, low: Any, high: Any, *sizes: Any, shape: Shape, dtype: DType
) -> tuple[Any, Any]:
    e.check(e.lt(low, high))
    stream = _State(e, state)
    values, count = _result(e, dtype, shape, sizes)
    first = e.convert(low, uint64)
    width = e.sub(e.convert(high, uint64), first)
    _draw(e, values, stream.block, lambda word: (e.convert(e.add(e.wide_product(word, width)[0], first), dtype),))
    return values, stream.after(count)


def permutation(e: LoopEmitter, state: Any, *sizes: Any, shape: Shape) -> tuple[Any, Any]:
    stream = _State(e, state)
    places, count = _result(e, int64, shape, sizes)
    words = e.buffer(uint64, (count,))
    _draw(e, words, stream.block, lambda word: (word,))
    sort_places(e, words, places)
    return places, stream.after(count)
