"""Builtins that go over a sequence: `min`, `max`, `any`, `all`, `sorted`, `list`, `sum`.

Over a tensor or a list of the graph they are loops of the graph; over ordinary sequences they are what Python does,
with comparisons and tests that may be staged.
"""

import builtins
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, cast

from dy2static.errors import StagingError
from dy2static.runtime.bool_ops import and_, not_, or_
from dy2static.runtime.callables.iterators import map_
from dy2static.runtime.for_stmt import for_
from dy2static.runtime.generators import Generator
from dy2static.runtime.if_expr import if_expr
from dy2static.runtime.if_stmt import if_
from dy2static.runtime.ordering import is_less, is_ordered_in_graph, ordered
from dy2static.staging.containers.iterables import StagedIterable, is_staged_iterable, staged_iterable
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.spec import ContainerSpec, TensorSpec
from dy2static.staging.values.staged import StagedNumber
from dy2static.staging.values.text import StagedText
from eager import sorting
from eager.indexing import take
from eager.manipulation import stack
from eager.tensor import Tensor
from graph.errors import InternalError, LoopTypeError

NO_ITEMS: Final = (
    "the sum of no tensors is the number 0 here, and a tensor otherwise; give `sum` a tensor to begin with"
)


def min_(stager: Stager, *args: Any, **kwargs: Any) -> Any:
    return _extreme(stager, builtins.min, lambda a, b: ordered(a, "<", b), args, **kwargs)


def max_(stager: Stager, *args: Any, **kwargs: Any) -> Any:
    return _extreme(stager, builtins.max, lambda a, b: ordered(a, ">", b), args, **kwargs)


Better = Callable[[Any, Any], Any]


def _extreme(stager: Stager, python: Any, better: Better, args: Sequence[Any], **options: Any) -> Any:
    if not args or options.keys() - {"key", "default"} or (len(args) > 1 and "default" in options):
        return python(*args, **options)  # which says what is wrong
    items: Any = args if len(args) > 1 else args[0]
    over = staged_iterable(stager, items)
    if over is not None:
        return _extreme_of_staged(stager, python, better, over, options)
    held = list(items)
    if not any(map(is_ordered_in_graph, held)) and options.get("key") is None:
        return python(held, **options)
    if not held:
        return options["default"] if "default" in options else python(held)
    best, *rest = held
    state = (best, _key(stager, options, best))
    for item in rest:
        state = _better_of(better, item, _key(stager, options, item), state)
    return state[0]


def _key(stager: Stager, options: dict[str, Any], item: Any) -> Any:
    key = options.get("key")
    return item if key is None else stager.call(key, (item,), {})


def _better_of(better: Better, item: Any, key: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
    names = ("the result", "the key of the result")
    if item is key:
        best = if_expr(better(key, state[1]), lambda: item, lambda: state[0])
        return best, best
    return cast("tuple[Any, Any]", if_(better(key, state[1]), lambda: (item, key), lambda: state, (), names))


def _extreme_of_staged(
    stager: Stager, python: Any, better: Better, over: StagedIterable, options: dict[str, Any]
) -> Any:
    def best() -> Any:
        first = over.item(0)
        rest = over.part(1, over.length - 1)
        if options.get("key") is None:

            def compared(item: Any, so_far: Any) -> tuple[Any, ...]:
                return (if_expr(better(item, so_far), lambda: item, lambda: so_far),)

            return for_(rest, compared, (first,), ("the result",))[0]

        def trip(item: Any, *state: Any) -> tuple[Any, ...]:
            return _better_of(better, item, _key(stager, options, item), cast("tuple[Any, Any]", state))

        return for_(rest, trip, (first, _key(stager, options, first)), ("the result", "the key of the result"))[0]

    if "default" in options:
        return if_expr(over.length > 0, best, lambda: options["default"])
    empty = _of_nothing(python)
    if isinstance(over.length, int):
        if not over.length:
            raise ValueError(empty)
        return best()
    b = stager.builder
    b.loc = user_location()
    b.check(b.gt(stager.lift(over.length), 0), error="ValueError", parts=(empty,), forms=())
    return best()


def any_(stager: Stager, over: Iterable[Any]) -> Any:
    return _decided(stager, over, True)


def all_(stager: Stager, over: Iterable[Any]) -> Any:
    return _decided(stager, over, False)


def _decided(stager: Stager, over: Iterable[Any], by: bool) -> Any:
    """Whether an item whose truth is `by` is there; `any` and `all` stop at the first."""
    if is_staged_iterable(over) or isinstance(over, Generator):

        def trip(item: Any, so_far: Any) -> tuple[Any, ...]:
            return (_truth(stager, item),)

        def is_over(so_far: Any) -> Any:
            return so_far if by else not_(so_far)

        return for_(over, trip, (not by,), ("the result",), stop=is_over)[0]
    found = not by
    decide = or_ if by else and_
    for item in over:
        found = _truth(stager, item) if found is (not by) else decide(found, partial(_truth, stager, item))
        if found is by:
            break
    return found


def _truth(stager: Stager, value: Any) -> Any:
    return StagedNumber.of(stager.truth(value)) if is_staged_value(value) else bool(value)


def list_(stager: Stager, *args: Any) -> Any:
    if not args:
        return stager.lists.display([])
    over = staged_iterable(stager, args[0])
    if over is None:
        return stager.lists.display(list(*args))
    if isinstance(over.length, int):
        return stager.lists.display([over.item(i) for i in range(over.length)])
    made = stager.lists.display([])

    def trip(item: Any) -> tuple[()]:
        made.append(item)
        return ()

    for_(over, trip, (), ())
    return made


def sorted_(stager: Stager, over: Any, /, *, key: Any = None, reverse: bool = False) -> Any:
    items = list_(stager, over)
    keys = items if key is None else _keys(stager, key, items)
    known = _known(keys)
    if known is not None:
        return stager.lists.display(
            [items[i] for i in sorted(range(len(keys)), key=known.__getitem__, reverse=reverse)]
        )
    if keys.staged is None and not all(isinstance(x, Tensor) and not x.ndim for x in keys):
        table = _table(keys)
        if table is None:
            return _at(stager, items, sorting.argsort(_ranks(stager, keys, reverse))) if keys else list_(stager)
        keys = table
    if keys.staged is not None and isinstance(keys.staged.element, ContainerSpec):
        _check_are_tuples(keys.staged.element)
        columns = partial(_by_columns, stager, items, keys, reverse)
        return if_expr(keys.length() > 0, columns, lambda: list_(stager))
    if keys.staged is not None and not (isinstance(over, Tensor) and key is None):
        return if_expr(keys.length() > 0, lambda: _in_order(stager, items, stack(keys), reverse), lambda: list_(stager))
    return _in_order(stager, items, over if isinstance(over, Tensor) and key is None else stack(keys), reverse)


def _keys(stager: Stager, key: Any, items: StageableList) -> StageableList:
    if items.staged is not None:
        return list_(stager, map_(stager, key, items))
    return stager.lists.display([stager.call(key, (item,), {}) for item in items])  # a StopIteration goes on


def _known(keys: StageableList) -> Sequence[Any] | None:
    """What Python can sort by: the keys, or the beginnings of tuples before what the graph decides on, where that
    decides already. None of others."""
    if keys.staged is not None:
        return None
    if not any(map(is_ordered_in_graph, keys)):
        return keys
    if not all(type(key) is tuple for key in keys):
        return None
    begun = [tuple(itertools.takewhile(_is_ordered_now, cast("tuple[Any, ...]", key))) for key in keys]
    try:
        pairs = itertools.pairwise(sorted(begun))
        return begun if all(low != high[: len(low)] for low, high in pairs) else None
    except TypeError:  # nor can Python sort the keys, as it says where they are compared
        return None


def _is_ordered_now(value: Any) -> bool:
    return not is_ordered_in_graph(value)


def _in_order(stager: Stager, items: Any, keys: Tensor, reverse: bool) -> Any:
    return _at(stager, items, sorting.argsort(keys, descending=bool(reverse), stable=True))


def _at(stager: Stager, items: Any, places: Tensor) -> Any:
    return list_(stager, map_(stager, items.__getitem__, places))


def _table(keys: StageableList) -> StageableList | None:
    """Tuples of tensors and numbers as a list of the graph; None of keys that are not alike."""
    if not all(isinstance(key, tuple) for key in keys):
        return None
    try:
        return keys.as_staged()
    except StagingError:
        return None


def _by_columns(stager: Stager, items: Any, keys: StageableList, reverse: bool) -> Any:
    """Items by keys that are tuples: by their last parts first, as a sort leaves equal ones in order."""
    places: Tensor | None = None
    for column in reversed(list(_columns(stager, keys))):
        sorted_so_far = column if places is None else take(column, places)
        order = sorting.argsort(sorted_so_far, descending=bool(reverse), stable=True)
        places = order if places is None else take(places, order)
    return items if places is None else _at(stager, items, places)


def _check_are_tuples(element: ContainerSpec) -> None:
    if not issubclass(element.node.kind, tuple):
        raise StagingError(
            f"`sorted` of a list of the graph whose items are {element}: it knows the order of numbers, and of tuples",
            next_step="use a key that gives a number of the graph, or a tuple of such, for every item.",
            loc=user_location(),
        )


def _columns(stager: Stager, keys: StageableList) -> Iterator[Tensor]:
    element = None if keys.staged is None else keys.staged.element
    if isinstance(element, ContainerSpec):
        _check_are_tuples(element)
        for i in range(len(element.parts)):
            yield from _columns(stager, list_(stager, map_(stager, operator.itemgetter(i), keys)).as_staged())
    elif isinstance(element, TensorSpec):
        yield stack(keys)


def _ranks(stager: Stager, keys: Sequence[Any], reverse: bool) -> Tensor:
    """The places of items after sorting. As in Python, they are compared by `<` alone, and equal ones stay in order."""
    ranks: list[Any] = [0] * len(keys)
    for i, key in enumerate(keys):
        for j in range(i):
            goes_before = is_less(keys[j], key) if reverse else is_less(key, keys[j])
            goes_before = if_expr(goes_before, lambda: 1, lambda: 0)
            ranks[i] += 1 - goes_before
            ranks[j] += goes_before
    return stack([StagedNumber.of(stager.lift(rank)) for rank in ranks])


def _of_nothing(python: Callable[..., Any]) -> str:
    """What this Python says of `min([])`: the words differ between versions."""
    try:
        python([])
    except ValueError as error:
        return str(error)
    raise InternalError(f"{python.__name__}([]) has a value")


NUMBERS: Final = (bool, int, float)


def sum_(stager: Stager, over: Any, start: Any = 0) -> Any:
    if not is_staged_iterable(over):
        sum((), "" if isinstance(start, StagedText) else start)  # it adds no texts
        total, numbers = start, list[Any]()
        for item in over:
            if type(item) in NUMBERS and type(total) in NUMBERS:
                numbers.append(item)  # Python may lose less than `+` does
            else:
                total = sum(numbers, total) + item
                numbers = []
        return sum(numbers, total)
    found = staged_iterable(stager, over)
    assert found is not None
    with stager.trial() as trial:
        try:
            total = for_(found, _added, (start,), ("the sum",))[0]
            trial.keep()
            return total
        except LoopTypeError:
            pass  # of tensors with axes: begin with the first one
    b = stager.builder
    b.loc = user_location()
    b.check(stager.predicate(found.length > 0), error="ValueError", parts=(NO_ITEMS,), forms=())
    rest = found.part(1, found.length - 1)
    return for_(rest, _added, (start + found.item(0),), ("the sum",))[0]


def _added(item: Any, total: Any) -> tuple[Any, ...]:
    return (total + item,)
