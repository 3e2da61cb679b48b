"""Which values may share storage at run time, and which may be overwritten once nobody needs them.

Values that may share storage form one class. Scalars (0-d tensors) belong to none: executors keep them as NumPy
scalars, which cannot change. A class is `shared` when it holds storage that is not ours to write: arguments, constants,
and whatever is an element of a list or may be missing.
"""

from collections.abc import Iterator

from graph.aval import Aval, ListType, OptionalType, Type
from graph.dtypes import real_of
from graph.ir.op import Graph, Op
from graph.ir.value import Value


def has_storage(t: Type) -> bool:
    """Whether values of this type own or view memory that could change."""
    return not (isinstance(t, Aval) and t.ndim == 0)


def is_fresh(op: Op) -> bool:
    """Whether the results of the op's kernel share storage with nothing: a list or optional holds what it is given."""
    if op.name in ("call", "constant"):
        return False
    stored = [v.type for v in op.operands if has_storage(v.type)]
    results = [v.type for v in op.results]
    return not stored or (not op.opdef.aliases and all(isinstance(t, Aval) for t in (*stored, *results)))


def _depth(t: Type) -> tuple[int, Aval]:
    depth = 0
    while not isinstance(t, Aval):
        depth += 1
        t = t.element
    return depth, t


def _same_kind(a: Type, b: Type) -> bool:
    """Whether a value of one type could be (a view of) one of the other."""
    if isinstance(a, Aval) and isinstance(b, Aval):
        return a.ndim > 0 and b.ndim > 0 and (a.dtype == b.dtype or real_of(a.dtype) == real_of(b.dtype))
    if isinstance(a, ListType | OptionalType) and type(a) is type(b):
        return _depth(a)[0] == _depth(b)[0] and _depth(a)[1].dtype == _depth(b)[1].dtype
    return False


class AliasClasses:
    """The classes of all values of a graph and its regions.

    `entry_copies` are carried values of loops, by loop op and index, whose loop updates them in place: their storage is
    the loop's own, so their initial values are copied unless they can be given up. With `takes_lists`, the graph is
    given lists that nobody else holds: a `call` hands over what is dead, and copies of what is not.
    """

    def __init__(self, graph: Graph, *, takes_lists: bool = False) -> None:
        self._parent: dict[Value, Value] = {}
        self._shared: set[Value] = set()
        self._updated: set[Value] = set()
        self._not_owned: set[Value] = set()
        self._feeds: dict[Value, list[Value]] = {}
        self.entry_copies: dict[Op, set[int]] = {}
        for param in graph.params:
            if not (takes_lists and isinstance(param.type, ListType)):
                self._share(param)
                self._not_owned.add(param)
        self._visit(graph)
        self._spread_not_owned()

    def root(self, value: Value) -> Value:
        """The value that stands for the class of `value`."""
        at = value
        while (up := self._parent.get(at, at)) is not at:
            at = up
        while value is not at:
            self._parent[value], value = at, self._parent[value]
        return at

    def is_shared(self, value: Value) -> bool:
        return self.root(value) in self._shared

    def is_owned(self, value: Value) -> bool:
        """Whether the value is a whole buffer (not a view) that the program made, and may write to when it is dead."""
        return has_storage(value.type) and value not in self._not_owned and not self.is_shared(value)

    # Construction

    def _join(self, a: Value, b: Value) -> None:
        if not has_storage(a.type) or not has_storage(b.type):
            return
        x, y = self.root(a), self.root(b)
        if x is y:
            return
        self._parent[y] = x
        for flags in (self._shared, self._updated):
            if y in flags:
                flags.add(x)

    def _share(self, value: Value) -> None:
        if has_storage(value.type):
            self._shared.add(self.root(value))

    def _feed(self, source: Value, target: Value) -> None:
        """`target` is, at run time, the very object that `source` is."""
        self._join(source, target)
        self._feeds.setdefault(source, []).append(target)

    def _visit(self, graph: Graph) -> None:
        for op in graph.ops:
            for region in op.regions:
                self._visit(region)
            if op.regions:
                self._visit_region_op(op)
            elif op.opdef.inplace is not None and op.operands:
                self._visit_update(op)
            elif is_fresh(op):
                pass
            else:
                self._visit_opaque(op)

    def _visit_update(self, op: Op) -> None:
        """The result is the first operand, changed; other operands may become elements of it, or come out of it."""
        target, (result, *extracted) = op.operands[0], op.results
        self._join(target, result)
        self._updated.add(self.root(target))
        if not isinstance(target.type, Aval):
            for value in (*op.operands[1:], *extracted):
                self._share(value)
        self._not_owned.update(extracted)

    def _visit_opaque(self, op: Op) -> None:
        """Any result may be, or contain, or be contained in, any operand."""
        operands, results = op.operands, op.results
        if op.name == "call":  # lists are handed over
            operands, results = (
                tuple(v for v in values if not isinstance(v.type, ListType)) for values in (operands, results)
            )
        self._not_owned.update(results)
        if op.name in ("call", "constant"):
            for value in (*operands, *results):
                self._share(value)
        for result in results:
            for operand in operands:
                if _same_kind(result.type, operand.type):
                    self._join(result, operand)
                elif _depth(operand.type)[0] < _depth(result.type)[0]:
                    self._share(operand)
                elif _depth(operand.type)[0] > _depth(result.type)[0]:
                    self._share(result)

    def _visit_region_op(self, op: Op) -> None:
        match op.name:
            case "cond":
                for region in op.regions:
                    self._feed_all(op.operands[1:], region.params)
                    self._feed_all(region.results, op.results)
            case "while_loop":
                self._visit_loop(op, op.operands, 0)
            case "for_loop":
                self._visit_loop(op, op.operands[1:], 1)
            case _:
                for value in (*op.operands, *op.results, *_interface(op)):
                    self._share(value)

    def _visit_loop(self, op: Op, operands: tuple[Value, ...], lead: int) -> None:
        count = len(op.results)
        body = op.regions[-1]
        carried = body.params[lead : lead + count]
        self._feed_all(body.results, carried)
        self._feed_all(body.results, op.results)
        self._feed_all(operands[count:], body.params[lead + count :])
        if len(op.regions) == 2:
            test = op.regions[0]
            self._feed_all(carried, test.params[:count])
            self._feed_all(operands[count:], test.params[count:])
        copies = self.entry_copies[op] = set[int]()
        for i, (initial, param) in enumerate(zip(operands, carried, strict=False)):
            root = self.root(param)
            if has_storage(param.type) and root in self._updated and root not in self._shared:
                copies.add(i)
                self._updated.add(self.root(initial))
            else:
                self._feed(initial, param)
                self._feed(initial, op.results[i])

    def _feed_all(self, sources: tuple[Value, ...], targets: tuple[Value, ...]) -> None:
        for source, target in zip(sources, targets, strict=True):
            self._feed(source, target)

    def _spread_not_owned(self) -> None:
        pending = list(self._not_owned)
        while pending:
            for target in self._feeds.get(pending.pop(), ()):
                if target not in self._not_owned:
                    self._not_owned.add(target)
                    pending.append(target)


def _interface(op: Op) -> Iterator[Value]:
    for region in op.regions:
        yield from region.params
        yield from region.results
