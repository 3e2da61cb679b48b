"""The outputs of a model: what a function returns, taken apart, with a name for each value.

That is what the graph computes; and also arguments that are returned as they came, and numbers that are known now,
which a call of a program finds by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from dy2static.errors import ExportError
from dy2static.staging.arguments import ArgumentRef
from dy2static.staging.objects.made import MadeSpec
from dy2static.staging.values.spec import (
    ChoiceSpec,
    ConstantSpec,
    ContainerSpec,
    ListSpec,
    MaybeSpec,
    OptionalSpec,
    Spec,
    TextSpec,
    types,
)
from eager.pytree import children
from eager.tensor import Tensor
from graph.aval import Aval
from graph.dtypes import SHORT_NAMES, of_scalar
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value

NUMBERS: Final = (bool, int, float, complex)
ARRAYS: Final[Any] = (np.ndarray, np.generic)


class Outputs:
    """The results of a model, with their names, found in what a function returns."""

    def __init__(self, graph: Graph, find: Callable[[ArgumentRef], Any], params: Mapping[int, Value]) -> None:
        """`find` gives the caller's own objects, `params` the parameters for tensors among them, by identity."""
        self._graph, self._find, self._params = graph, find, params
        self._rest = iter(graph.results)
        self._constants: list[Op] = []
        self.names: list[str] = []
        self.results: list[Value] = []

    @property
    def graph(self) -> Graph:
        """The graph, with these results."""
        g = self._graph
        return Graph(g.name, g.params, (*g.ops, *self._constants), tuple(self.results), g.functions)

    def take(self, spec: Spec, name: str) -> None:
        """Add what a value of this description is made of."""
        match spec:
            case ContainerSpec(node, parts):
                for key, part in zip(node.keys, parts, strict=True):
                    self.take(part, f"{name}_{key}")
            case MadeSpec():
                if spec.inner is None:
                    self._take_known(spec.content, name)
                else:
                    self.take(spec.inner, name)
            case OptionalSpec(inner) | MaybeSpec(_, inner):
                self._add(f"{name}.is_some", next(self._rest))
                self.take(inner, name)
            case TextSpec() | ChoiceSpec():
                raise ExportError(
                    f"the function returns {spec}, and a model gives tensors", next_step="return tensors."
                )
            case ConstantSpec(value):
                self._take_known(self._find(value) if isinstance(value, ArgumentRef) else value, name)
            case ListSpec():
                self._take_all(name, len(types(spec)))
            case _:
                self._take_all(name, len(types(spec)))

    def _take_all(self, name: str, count: int) -> None:
        for own in part_names(name, count):
            self._add(own, next(self._rest))

    def _take_known(self, value: Any, name: str) -> None:
        """A value that the graph does not compute: a parameter, a number, or a container of such."""
        if id(value) in self._params:
            self._add(name, self._params[id(value)])
        elif isinstance(value, ARRAYS) or type(value) in NUMBERS:
            self._add(name, self._constant(value))
        elif isinstance(value, Tensor):
            self._add(name, self._constant(value._data))  # pyright: ignore[reportPrivateUsage]
        elif value is not None and (split := children(value)) is not None:
            for key, item in zip(split[0].keys, split[1], strict=True):
                self._take_known(item, f"{name}_{key}")

    def _constant(self, value: Any) -> Value:
        array = np.asarray(value, of_scalar(value) if type(value) in NUMBERS else None)
        if array.dtype not in SHORT_NAMES:
            raise ExportError(f"the function returns an array of {array.dtype}, and a model gives tensors")
        made = Value(Aval(array.dtype, array.shape))
        self._constants.append(Op(lookup("constant"), (), (made,), MappingProxyType({"value": array})))
        return made

    def _add(self, name: str, value: Value) -> None:
        self.names.append(name)
        self.results.append(value)


def part_names(name: str, count: int) -> Iterator[str]:
    """Names of the parts of what has a name."""
    yield from [name] if count == 1 else (f"{name}.{i}" for i in range(count))
