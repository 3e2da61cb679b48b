"""Gradients of functions: `grad`, `value_and_grad`, `vjp`, `jvp`. They nest in any order.

A function is called with handles of its own of the arguments' values, so it may write to them. Gradients are
themselves differentiable with respect to whatever else is tracked.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from eager.backward import pull_back, reachable, seed
from eager.creation import asarray
from eager.dispatch import dims_of, shaped
from eager.grad_mode import is_grad_enabled, set_grad_enabled
from eager.pytree import TreeDef, flatten, tree_map, unflatten
from eager.recorder import active, held
from eager.tape import DIFFERENTIABLE, Watch, is_tracked, link_of, watch
from eager.tape_links import Leaf, Record
from eager.tensor import Tensor
from graph.aval import format_shape
from graph.errors import DTypeError, ShapeError
from graph.ir.opdef import lookup

FULL = lookup("full")


class _Watched:
    """Arguments with a variable in place of each differentiable leaf."""

    def __init__(self, trees: Sequence[Any], describe: Callable[[int], str]) -> None:
        self.trees: list[Any] = []
        self._structures: list[tuple[TreeDef, list[Tensor | None]]] = []
        for i, tree in enumerate(trees):
            leaves, treedef = flatten(tree)
            variables = [_variable(leaf) for leaf in leaves]
            if all(v is None for v in variables) and leaves:
                raise DTypeError(
                    f"{describe(i)} has nothing to differentiate with respect to: {', '.join(map(_type_text, leaves))}",
                    next_step="pass floating tensors, or choose other `argnums`.",
                )
            self._structures.append((treedef, variables))
            self.trees.append(
                unflatten(treedef, [x if v is None else v.__copy__() for x, v in zip(leaves, variables, strict=True)])
            )

    @property
    def variables(self) -> list[Tensor]:
        return [v for _, variables in self._structures for v in variables if v is not None]

    @property
    def records(self) -> list[Record]:
        return [_record(v) for v in self.variables]

    def trees_of(self, cts: Sequence[Tensor | None]) -> list[Any]:
        """Cotangents in the structure of the arguments: zeros where nothing flows, None for other leaves."""
        rest = iter(cts)
        trees: list[Any] = []
        for treedef, variables in self._structures:
            leaves: list[Tensor | None] = []
            for variable in variables:
                ct = None if variable is None else next(rest)
                leaves.append(zeros_like(variable) if variable is not None and ct is None else ct)
            trees.append(unflatten(treedef, leaves))
        return trees


def _record(variable: Tensor) -> Record:
    link = link_of(variable)
    assert isinstance(link, Watch)
    return link


def _variable(leaf: Any) -> Tensor | None:
    x = (
        leaf
        if isinstance(leaf, Tensor)
        else asarray(leaf)
        if isinstance(leaf, float | complex) or _is_array(leaf)
        else None
    )
    return watch(x) if x is not None and x.dtype in DIFFERENTIABLE else None


def _is_array(x: Any) -> bool:
    return hasattr(x, "__array__") and not isinstance(x, Tensor)


def _type_text(leaf: Any) -> str:
    return f"{leaf.dtype}{format_shape(dims_of(leaf))}" if isinstance(leaf, Tensor) else type(leaf).__name__


def zeros_like(x: Tensor) -> Tensor:
    return shaped(FULL, (), x.shape, value=0, dtype=x.dtype)


class _Level:
    """One differentiation: what was watched, and whether anything beyond it asks for gradients too."""

    def __init__(self, watched: _Watched, results: Sequence[Any], outer_mode: bool) -> None:
        self.records = watched.records
        tensors = [x for x in results if is_tracked(x)]
        self._reached = reachable(tensors, frozenset(self.records))
        own = set(self.records)
        self.is_taped = outer_mode and (
            any(isinstance(r, Leaf) or (isinstance(r, Watch) and r not in own) for r in self._reached)
            or any(is_tracked(x) for r in self.records for x in r.inputs)
        )
        """Whether a tape beyond this level asks."""
        self.has_outer = self.is_taped or (outer_mode and active() is not None)
        """Whether anybody may: what is recorded may be differentiated as a whole."""

    def close(self, tree: Any) -> Any:
        """Results for the caller: constants, unless something beyond this level asks for their gradients."""
        return tree if self.has_outer else tree_map(_detached, tree)

    def end(self) -> None:
        """Free the tape, which nobody else can ask for gradients."""
        if not self.has_outer:
            for record in self._reached:
                record.release()
                record.alive = False


def _detached(x: Any) -> Any:
    return x.detach() if isinstance(x, Tensor) else x


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """A function that returns `f(*args)` and its gradient with respect to the arguments at `argnums`.

    `f` returns a real scalar, or with `has_aux` a pair of it and anything else. Arguments are pytrees; a gradient has
    the structure of its argument, with None for leaves that are not floating tensors.
    Raises: ShapeError and DTypeError for results and arguments that have no gradient.
    """
    places = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        at = [_place(f, n, len(args)) for n in places]
        outer_mode = is_grad_enabled()
        watched = _Watched([args[n] for n in at], lambda i: f"argument {at[i]} of `{_name(f)}`")
        full = list(args)
        for n, tree in zip(at, watched.trees, strict=True):
            full[n] = tree
        with set_grad_enabled(True):
            result = f(*full, **kwargs)
        value, aux = _split_aux(f, result, has_aux)
        loss = _scalar(f, value)
        level = _Level(watched, [loss, *flatten(aux)[0]], outer_mode)
        with set_grad_enabled(level.has_outer):
            cts = pull_back([loss], [seed(loss)], level.records, release=False, is_taped=level.is_taped)
            gradients = watched.trees_of(cts)
        value, aux = level.close(loss), level.close(aux)
        level.end()
        gradient = gradients[0] if isinstance(argnums, int) else tuple(gradients)
        return ((value, aux) if has_aux else value), gradient

    return differentiated


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `value_and_grad`, but returns the gradient alone, or with `has_aux` the pair of gradient and aux."""
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return gradient


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """`f(*primals)` and its pullback, which maps a cotangent of the result to a tuple of those of the primals.

    Primals and results are pytrees; a cotangent has the structure of the result. The pullback may be called again.
    With `has_aux`, `f` returns a pair, and the second part comes as a third result.
    """
    outer_mode = is_grad_enabled()
    watched = _Watched(primals, lambda i: f"primal {i} of `{_name(f)}`")
    with set_grad_enabled(True):
        result = f(*watched.trees)
    out, aux = _split_aux(f, result, has_aux)
    leaves, treedef = flatten(out)
    outputs = [held(x) if isinstance(x, Tensor) else asarray(x) for x in leaves]
    level = _Level(watched, [*outputs, *flatten(aux)[0]], outer_mode)
    kept = [x.__copy__() for x in outputs]

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        cts = _cotangents(cotangent, treedef, kept)
        is_taped = level.is_taped or any(is_tracked(ct) for ct in cts)
        record = is_grad_enabled() and (level.has_outer or is_taped)
        with set_grad_enabled(record):
            found = pull_back(kept, cts, level.records, release=False, is_taped=is_taped)
            return tuple(watched.trees_of(found))

    value = level.close(unflatten(treedef, outputs))
    return (value, pullback, level.close(aux)) if has_aux else (value, pullback)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """`f(*primals)` and its directional derivative along `tangents`, which have the structure of the primals.

    The pullback of `f` is linear in the cotangent, so its own pullback is the pushforward.
    """
    out, pullback = vjp(f, *primals)
    dummy = tree_map(_zeros_of, out)
    _, pushforward = vjp(pullback, dummy)
    _, structure = flatten(tuple(primals))
    given, treedef = flatten(tuple(tangents))
    if treedef != structure:
        raise ShapeError(f"tangents have the structure {treedef}, primals {structure}")
    kept = [x if isinstance(x, Tensor) else asarray(x) for x in given]
    (tangent,) = pushforward(unflatten(treedef, kept))
    return out, tangent


def _zeros_of(x: Any) -> Tensor:
    return zeros_like(x if isinstance(x, Tensor) else asarray(x))


def _cotangents(cotangent: Any, treedef: TreeDef, outputs: Sequence[Tensor]) -> list[Tensor]:
    leaves, structure = flatten(cotangent)
    if structure != treedef:
        raise ShapeError(f"the cotangent has the structure {structure}, the result {treedef}")
    cts = [x if isinstance(x, Tensor) else asarray(x, dtype=y.dtype) for x, y in zip(leaves, outputs, strict=True)]
    for ct, y in zip(cts, outputs, strict=True):
        if dims_of(ct) != dims_of(y):
            raise ShapeError(
                f"the cotangent has shape {format_shape(dims_of(ct))}, its value {format_shape(dims_of(y))}"
            )
    return cts


def _place(f: Callable[..., Any], n: int, count: int) -> int:
    if not -count <= n < count:
        raise ValueError(f"`{_name(f)}` was called with {count} positional arguments; argnums asks for number {n}")
    return n % count


def _split_aux(f: Callable[..., Any], result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:  # pyright: ignore[reportUnknownArgumentType]
        raise TypeError(f"with has_aux, `{_name(f)}` must return a pair (result, aux)")
    return result  # pyright: ignore[reportUnknownVariableType]


def _scalar(f: Callable[..., Any], value: Any) -> Tensor:
    loss = held(value) if isinstance(value, Tensor) else asarray(value)
    if dims_of(loss) != ():
        raise ShapeError(
            f"a gradient is that of a scalar; `{_name(f)}` returned {_type_text(loss)}",
            next_step="sum the result, or use `vjp`.",
        )
    if loss.dtype not in DIFFERENTIABLE or loss.dtype.kind == "c":
        raise DTypeError(f"a gradient is that of a real floating scalar; `{_name(f)}` returned {_type_text(loss)}")
    return loss


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)
