"""Who needs a value still, and what follows: when it is computed, when its memory is given back, what may change it.

All methods here keep the book that `values` describes. A *reference* is one unit of `refs`.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final

from graph.aval import Aval
from graph.errors import InternalError
from graph.llvm import ir
from graph.llvm.abi import HEADER
from graph.llvm.blocks import allocate, data_of, is_sole, release, retain
from graph.llvm.expressions import Apply, Evaluation, Node, Point, store_element
from graph.llvm.list_counts import release_list, retain_list
from graph.llvm.loop_nest import cost_of, for_each, product
from graph.llvm.scalars import Scalars, Size
from graph.llvm.types import I64, NULL, PTR
from graph.llvm.values import ListValue, OptionalValue, Registers, Tensor, Value

COSTLY: Final = 4
"""An expression of so many instructions is computed once, and not anew for each that reads it."""
WORTH_A_STORE: Final = 3
"""One of so many is stored when it is computed on the way to another one, and somebody else needs it."""
LARGEST: Final = 64
"""An expression of so many nodes is computed before more is made of it."""


class Ownership:
    """Keeps the book of the values of one function."""

    def __init__(self, s: Scalars) -> None:
        self.s = s
        self.code = s.code
        self._wanted: Sequence[Tensor] = ()
        """Tensors that will be in memory, whatever they cost."""

    # References

    def share(self, x: Value) -> Value:
        """One reference more; returns `x`."""
        if isinstance(x, OptionalValue):
            self.share(x.value)
        elif not isinstance(x, Registers):
            x.refs += 1
        return x

    def drop(self, x: Value) -> None:
        """One reference less. With the last one, what `x` holds is dropped, and its block released."""
        if isinstance(x, Registers):
            return
        if isinstance(x, OptionalValue):
            self.drop(x.value)
            return
        x.refs -= 1
        if x.refs > 0:
            return
        if x.refs < 0:
            raise InternalError(f"a value of type {x.type} is given up twice")
        if isinstance(x, ListValue):
            if x.owner is not None:
                self.drop(x.owner)
            else:
                release_list(self.code, x.type, x.block)
        elif x.node is not None:
            self._drop_sources(x.node)
        elif x.owner is not None:
            self.drop(x.owner)
        else:
            release(self.code, x.block)

    def _drop_sources(self, node: Node) -> None:
        for source in node.sources:
            self.drop(source)

    # Pending tensors

    def pending(self, type: Aval, sizes: Sequence[Size], node: Node) -> Tensor:
        """A tensor that is computed when it is needed."""
        made = Tensor(type, tuple(sizes), node)
        for source in node.sources:
            self.share(source)
            if isinstance(source, Tensor):
                source.users.append(made)
        if _nodes_of(made) > LARGEST:
            self.force(made)
        return made

    def view(self, base: Tensor, type: Aval, sizes: Sequence[Size], data: ir.Value) -> Tensor:
        """A tensor within the memory of another one."""
        self.force(base)
        self.share(base)
        made = Tensor(type, tuple(sizes), None, base.block, data, base)
        base.users.append(made)
        return made

    def force(self, x: Tensor) -> None:
        """Have a tensor in memory."""
        if x.node is None:
            return
        with self.stored_on_the_way((x, *self.settle_shared(x))) as store:
            for_each(self.s, x, store, parallel=True)

    @contextmanager
    def stored_on_the_way(self, tensors: Sequence[Tensor]) -> Generator[Callable[[Evaluation, Point], None]]:
        """Pending tensors get memory; what is yielded writes their elements at a point, and is to be called for all
        points. Then they are pending no more."""
        places = [self.new_block(t) for t in tensors]

        def store(ev: Evaluation, point: Point) -> None:
            for t, (_, data) in zip(tensors, places, strict=True):
                store_element(self.s, data, ev.flat(point), ev.element(t, point))

        yield store
        nodes = [t.node for t in tensors]
        for t, (block, data) in zip(tensors, places, strict=True):
            t.node, t.block, t.data = None, block, data
        for node in nodes:
            assert node is not None
            self._drop_sources(node)

    def computed(self, x: Tensor) -> tuple[ir.Value, ir.Value]:
        """A new block with the elements of a tensor, which stays as it is."""
        block, data = self.new_block(x)
        s = self.s
        for_each(s, x, lambda ev, p: store_element(s, data, ev.flat(p), ev.element(x, p)), parallel=True)
        return block, data

    def new_block(self, x: Tensor) -> tuple[ir.Value, ir.Value]:
        """A block for the elements of a tensor, and where they begin."""
        count = self.s.mul(product(self.s, x.sizes), x.type.dtype.itemsize)
        block = allocate(self.code, count if isinstance(count, int) else count.value)
        return block, data_of(self.code, block)

    def settle_shared(self, x: Tensor) -> list[Tensor]:
        """Compute what `x`, about to be evaluated, shares with others, where that is costly.

        Returns those of which every element is computed on the way to the same element of `x`: they are left pending,
        and best stored on the way.
        """
        if x.node is None:
            return []
        inside: dict[int, int] = {}
        order: list[Tensor] = []
        _count_references(x, inside, order)
        aligned = _aligned_with(x)
        on_the_way: list[Tensor] = []
        for part in order:
            if part.node is None or part.refs <= inside[id(part)]:
                continue
            if id(part) in aligned and (part in self._wanted or cost_of(part) >= WORTH_A_STORE):
                on_the_way.append(part)
            elif cost_of(part) >= COSTLY:
                self.force(part)
        return [part for part in on_the_way if part.node is not None]

    def is_worth_keeping(self, x: Tensor, given_up: int) -> bool:
        """Whether a pending tensor is costly, and needed still when so many references are given up."""
        return x.node is not None and x.refs > given_up and cost_of(x) >= COSTLY

    def force_costly(self, x: Tensor) -> None:
        """Have a pending tensor in memory unless it is as cheap to compute as to load."""
        if cost_of(x) >= COSTLY:
            self.force(x)

    def evaluate(self, x: Value) -> None:
        """Compute what is pending."""
        if isinstance(x, Tensor):
            self.force(x)
        elif isinstance(x, OptionalValue):
            self.evaluate(x.value)

    def evaluate_all(self, values: Sequence[Value]) -> None:
        """Compute what is pending of several values, all of which are to be in memory: what is computed on the way to
        another one of them is stored in the same loop."""
        pending = [x for x in values if isinstance(x, Tensor) and x.node is not None]
        outer, self._wanted = self._wanted, pending
        for x in sorted(pending, key=_nodes_of, reverse=True):
            self.force(x)
        self._wanted = outer

    # Giving values away

    def take(self, x: Value) -> Value:
        """Use up a reference to `x` for a value of which nobody knows here, and that owns its blocks at run time."""
        if isinstance(x, Registers):
            return x
        if isinstance(x, OptionalValue):
            return OptionalValue(x.type, x.present, self.take(x.value))
        if isinstance(x, Tensor):
            self.force(x)
            block = x.block
            if not self._moves(x):
                retain(self.code, block)
                self.drop(x)
            return Tensor(x.type, x.sizes, None, block, x.data)
        block = x.block
        if not self._moves(x):
            retain_list(self.code, block)
            self.drop(x)
        return ListValue(x.type, block)

    def _moves(self, x: Tensor | ListValue) -> bool:
        """Whether this was the last reference: then its run-time count goes to somebody else, and `x` is dead."""
        if x.refs != 1:
            return False
        if x.owner is not None and not self._moves(x.owner):
            return False
        x.refs = 0
        return True

    def borrowed(self, x: Value) -> Value:
        """`x` as a region sees it that may not use it up: a value of its own, which holds a reference to `x`."""
        match x:
            case Registers():
                return x
            case OptionalValue():
                return OptionalValue(x.type, x.present, self.borrowed(x.value))
            case ListValue():
                self.share(x)
                return ListValue(x.type, x.block, x)
            case Tensor():
                if x.node is not None:
                    return self.pending(x.type, x.sizes, x.node)
                self.share(x)
                return Tensor(x.type, x.sizes, None, x.block, x.data, x)

    def aligned(self, x: Tensor) -> Tensor:
        """The elements of a tensor in memory, from a multiple of BLAS's vectors on: `x` itself where it lies so, else a
        copy. It is the caller's, and must not outlive `x`."""
        code, b = self.code, self.code.b
        misplaced = b.icmp_unsigned("!=", b.and_(b.ptrtoint(x.data, I64), I64(HEADER - 1)), I64(0))
        before, copy, after = b.block, code.block("copy"), code.block("aligned")
        b.cbranch(misplaced, copy, after)
        code.at(copy)
        block, data = self.new_block(x)
        count = self.s.mul(product(self.s, x.sizes), x.type.dtype.itemsize)
        code.copy_bytes(data, x.data, count if isinstance(count, int) else count.value)
        copied = b.block
        b.branch(after)
        code.at(after)
        own = code.phi(PTR, [(NULL, before), (block, copied)])
        return Tensor(x.type, x.sizes, None, own, code.phi(PTR, [(x.data, before), (data, copied)]))

    # Changing in place

    def writable(self, x: Tensor) -> Tensor:
        """Use up a reference to `x` for a tensor of the same elements that may be written to.

        It is the memory of `x` itself where nobody else needs that, at run time too; else a copy.
        """
        self.force(x)
        self.settle_users(x)
        code, b = self.code, self.code.b
        alone = x.block is not NULL and self._moves(x)
        old_block, old_data = x.block, x.data
        count = self.s.mul(product(self.s, x.sizes), x.type.dtype.itemsize)
        size = count if isinstance(count, int) else count.value
        if not alone:
            block = allocate(code, size)
            data = data_of(code, block)
            code.copy_bytes(data, old_data, size)
            self.drop(x)
            return Tensor(x.type, x.sizes, None, block, data)
        sole = is_sole(code, old_block)
        before, copy, after = b.block, code.block("copy"), code.block("own")
        b.cbranch(sole, after, copy).set_weights([2000, 1])
        code.at(copy)
        new_block = allocate(code, size)
        new_data = data_of(code, new_block)
        code.copy_bytes(new_data, old_data, size)
        release(code, old_block)
        copied = b.block
        b.branch(after)
        code.at(after)
        block = code.phi(PTR, [(old_block, before), (new_block, copied)])
        data = code.phi(PTR, [(old_data, before), (new_data, copied)])
        return Tensor(x.type, x.sizes, None, block, data)

    def settle_users(self, x: Tensor) -> None:
        """Let nothing depend on the memory of `x` but those who hold it by name."""
        users, x.users = x.users, []
        for user in users:
            if user.refs <= 0:
                continue
            if user.node is not None:
                if x in user.node.sources:
                    self.force(user)
            elif user.owner is x:
                self.settle_users(user)
                if user.refs <= 0:  # it was needed for what is computed now
                    continue
                count = self.s.mul(product(self.s, user.sizes), user.type.dtype.itemsize)
                block, data = self.new_block(user)
                self.code.copy_bytes(data, user.data, count if isinstance(count, int) else count.value)
                user.owner, user.block, user.data = None, block, data
                self.drop(x)


def _count_references(x: Tensor, inside: dict[int, int], order: list[Tensor]) -> None:
    """How often each tensor is read within an expression; `order` gets them, what is read first."""
    if x.node is None:
        return
    for source in x.node.sources:
        if isinstance(source, Tensor):
            first = id(source) not in inside
            inside[id(source)] = inside.get(id(source), 0) + 1
            if first:
                _count_references(source, inside, order)
                order.append(source)


def _aligned_with(x: Tensor) -> set[int]:
    """Tensors, by id, whose elements are computed at each place of `x` for the same place."""
    found: set[int] = set()
    left = [x]
    while left:
        t = left.pop()
        if not isinstance(t.node, Apply):
            continue
        for source in t.node.sources:
            if isinstance(source, Tensor) and source.type.shape == x.type.shape and id(source) not in found:
                found.add(id(source))
                left.append(source)
    return found


def _nodes_of(x: Tensor) -> int:
    seen: set[int] = set()
    left = [x]
    while left:
        t = left.pop()
        if id(t) in seen or t.node is None:
            continue
        seen.add(id(t))
        left.extend(u for u in t.node.sources if isinstance(u, Tensor))
    return len(seen)
