"""Recurrent layers: cells along the sequence axis, stacked, in one direction or both."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from eager.creation import DTypeLike
from eager.functional import dropout
from eager.manipulation import concat, flip, stack, swapaxes
from eager.nn.module import Module
from eager.nn.recurrent_cells import Cell, GRUCell, LSTMCell, Nonlinearity, RNNCell
from eager.random import Generator, default_generator
from eager.recorder import call, converts
from eager.tensor import Tensor
from graph.dtypes import float64

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]


@converts
def over_time(step: Step, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
    """`output, state = step(x, state)` for each row of `inputs`; the outputs stacked, and the last state.

    Staged, it is a loop of the graph, for any number of rows from one.
    """
    outputs: list[Tensor] = []
    for x in inputs:
        output, state = step(x, state)
        outputs.append(output)
    return stack(outputs), state


class _Recurrent(Module):
    """What recurrent layers share: cells by layer, and within a layer by direction.

    Inputs (l, n, in) or (l, in), with `batch_first` (n, l, in). Returns the outputs of the last layer, of the input's
    shape but for the last axis, directions * hidden; and the last states, (layers * directions, n, hidden). Sequences
    have at least one element. `dropout` is applied between layers in training. Parameters are named as PyTorch's.
    """

    def __init__(
        self,
        make: Callable[[int], Cell],
        input_size: int,
        hidden_size: int,
        num_layers: int,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        generator: Generator | None,
    ) -> None:
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.dropout, self.bidirectional = batch_first, dropout, bidirectional
        self.generator = generator or default_generator()
        self._directions = 2 if bidirectional else 1
        sizes = [input_size] + [hidden_size * self._directions] * (num_layers - 1)
        self.cells = [make(size) for size in sizes for _ in range(self._directions)]
        self.__dict__["_parameters"] = frozenset(name for name, _ in self.members())

    def members(self) -> Iterator[tuple[str, Any]]:
        for i, cell in enumerate(self.cells):
            suffix = "_reverse" if i % self._directions else ""
            for name, value in cell.named_parameters():
                yield f"{name}_l{i // self._directions}{suffix}", value

    def _step(self, cell: Cell, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        state = cell(x, state)
        return state, state

    def _first(self, state: Any, i: int, x: Tensor) -> Any:
        """The state that cell `i` begins with, for its first input."""
        return self.cells[i].zero_state(x) if state is None else state[i]

    def _stacked(self, last: list[Any]) -> Any:
        """The last states of all cells."""
        return stack(last)

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        is_batch_first = self.batch_first and x.ndim == 3
        inputs = swapaxes(x, 0, 1) if is_batch_first else x
        last: list[Any] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                inputs = dropout(inputs, self.dropout, self.training, self.generator)
            outputs: list[Tensor] = []
            for direction in range(self._directions):
                i = layer * self._directions + direction
                step = functools.partial(self._step, self.cells[i])
                sequence = flip(inputs, axis=0) if direction else inputs
                found, final = call(over_time, (step, sequence, self._first(state, i, inputs[0])), {})
                outputs.append(flip(found, axis=0) if direction else found)
                last.append(final)
            inputs = outputs[0] if len(outputs) == 1 else concat(outputs, axis=-1)
        return (swapaxes(inputs, 0, 1) if is_batch_first else inputs), self._stacked(last)

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        for name, default in {"num_layers": 1, "batch_first": False, "dropout": 0.0, "bidirectional": False}.items():
            if getattr(self, name) != default:
                parts.append(f"{name}={getattr(self, name)}")
        return ", ".join(parts)


class RNN(_Recurrent):
    """A recurrent layer of `RNNCell`s; the state is h."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Nonlinearity = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        def make(size: int) -> Cell:
            return RNNCell(size, hidden_size, bias, nonlinearity, generator=generator, dtype=dtype)

        super().__init__(make, input_size, hidden_size, num_layers, batch_first, dropout, bidirectional, generator)


class GRU(_Recurrent):
    """A recurrent layer of `GRUCell`s; the state is h."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        def make(size: int) -> Cell:
            return GRUCell(size, hidden_size, bias, generator=generator, dtype=dtype)

        super().__init__(make, input_size, hidden_size, num_layers, batch_first, dropout, bidirectional, generator)


class LSTM(_Recurrent):
    """A recurrent layer of `LSTMCell`s; the state is the pair (h, c)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        def make(size: int) -> Cell:
            return LSTMCell(size, hidden_size, bias, generator=generator, dtype=dtype)

        super().__init__(make, input_size, hidden_size, num_layers, batch_first, dropout, bidirectional, generator)

    def _step(self, cell: Cell, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        state = cell(x, state)
        return state[0], state

    def _first(self, state: Any, i: int, x: Tensor) -> Any:
        if state is None:
            zeros = super()._first(None, i, x)
            return zeros, zeros
        return state[0][i], state[1][i]

    def _stacked(self, last: list[Any]) -> Any:
        return stack([h for h, _ in last]), stack([c for _, c in last])
