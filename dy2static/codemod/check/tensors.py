"""Which expressions of a function are tensors for sure, as far as its text says. Doubt is answered with no."""

import ast
import inspect
from typing import Any, Final

import eager
from dy2static.codemod.check.module import AnyFunction, Module, Scope, own_nodes
from dy2static.codemod.check.words import words
from eager.signatures import TensorMethods

NOT_TENSORS: Final = words(
    "all any __array_namespace_info__ broadcast_shapes can_cast finfo grad gradcheck iinfo isdtype "
    "is_grad_enabled is_tracked jvp promote_types result_type seed set_grad_enabled topk value_and_grad vjp "
    "broadcast_arrays meshgrid nonzero split split_sizes chunk unstack unique_all unique_counts unique_inverse "
    "no_grad enable_grad"
)
"""Functions of `eager` that return something else than one tensor."""

GIVES_TENSOR: Final = (
    frozenset(
        name
        for name, value in vars(eager).items()
        if inspect.isfunction(value) and value.__module__.startswith("eager.")
    )
    - NOT_TENSORS
) | {"all", "any"}

METHODS: Final = frozenset(name for name in vars(TensorMethods) if not name.startswith("_"))
NOT_TENSOR_METHODS: Final = frozenset(["backward", "chunk", "nonzero", "split", "topk"])

TAKES_TENSOR: Final = words(
    "amax amin argmax argmin argsort broadcast_to concat cumsum det diagonal einsum expand_dims flatten flip inv "
    "layer_norm linear log_softmax logsumexp matmul max mean median min moveaxis norm permute_dims prod ravel "
    "repeat reshape roll softmax solve sort squeeze std sum swapaxes take tensordot tile transpose tril triu var"
)
"""Functions that nobody calls with a Python number."""

TELLING_METHODS: Final = words(
    "all any argmax argmin argsort astype backward broadcast_to cumsum diagonal dot expand_dims flatten matmul "
    "max mean min moveaxis permute prod ravel relu reshape sigmoid softmax squeeze std sum swapaxes tanh "
    "transpose unsqueeze var"
)
"""Methods by which a parameter shows that it is a tensor."""

PLAIN_ATTRIBUTES: Final = frozenset(["T", "mT", "real", "imag"])


class Tensors:
    """What is a tensor in one function, those inside it included."""

    def __init__(self, scope: Scope, module: Module) -> None:
        self.module = module
        self.scope = scope
        node: Any = scope.node
        self.nodes: list[Any] = list(own_nodes(node))
        self.values: dict[str, list[ast.expr]] = {}
        self.other: set[str] = set()
        self._bindings(node)
        self.names: set[str] = set()
        evident = self._evident()
        grown = True
        while grown:
            grown = False
            for name in {*self.values, *evident} - self.names:
                values = self.values.get(name, [])
                if (name in evident or (values and name not in self.other)) and all(self.has(v, name) for v in values):
                    self.names.add(name)
                    grown = True

    def has(self, node: ast.AST | None, assuming: str = "") -> bool:
        """Whether `node` is a tensor, wherever it is reached; `assuming` names one that is taken for a tensor."""
        match node:
            case ast.Name(id=name):
                return name in self.names or name == assuming
            case ast.Call():
                return self._call(node, assuming)
            case ast.BinOp():
                return self.has(node.left, assuming) or self.has(node.right, assuming)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert()):
                return self.has(node.operand, assuming)
            case ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()]):
                if is_none(node.left) or is_none(node.comparators[0]):
                    return False
                return self.has(node.left, assuming) or self.has(node.comparators[0], assuming)
            case ast.Subscript(value=value):
                return self.has(value, assuming)
            case ast.Attribute(attr=attribute, value=value):
                return attribute in PLAIN_ATTRIBUTES and self.has(value, assuming)
            case ast.IfExp():
                return self.has(node.body, assuming) and self.has(node.orelse, assuming)
            case _:
                return False

    def decides(self, test: ast.AST) -> bool:
        """Whether the truth of `test` is known only when the graph runs."""
        match test:
            case ast.BoolOp(values=values):
                return any(self.decides(value) for value in values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.decides(operand)
            case ast.Compare():
                if any(isinstance(op, ast.Is | ast.IsNot) for op in test.ops):
                    return False
                return any(self.has(part) for part in (test.left, *test.comparators) if not is_none(part))
            case ast.Call(func=ast.Name(id=("bool" | "float" | "int" | "abs")), args=[argument]):
                return self.has(argument)
            case _:
                return self.has(test)

    def _call(self, node: ast.Call, assuming: str) -> bool:
        name = self.module.qualified(node.func, self.scope)
        if name is not None and name.startswith("eager."):
            path = name.split(".")
            if len(path) == 2 or path[1] == "functional":
                return path[-1] in GIVES_TENSOR
            return path[1] == "random" and path[-1] in ("uniform", "normal", "integers", "permutation")
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS - NOT_TENSOR_METHODS:
            return self.has(node.func.value, assuming)
        return False

    def _bindings(self, function: AnyFunction) -> None:
        assigned: set[int] = set()
        for node in self.nodes:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name) as target])
                    | ast.AnnAssign(target=ast.Name(id=name) as target)
                ):
                    if node.value is not None:
                        self.values.setdefault(name, []).append(node.value)
                    assigned.add(id(target))
                case ast.NamedExpr(target=ast.Name(id=name) as target):
                    self.values.setdefault(name, []).append(node.value)
                    assigned.add(id(target))
                case ast.AugAssign(target=ast.Name() as target):
                    assigned.add(id(target))
                case _:
                    pass
        for node in self.nodes:
            match node:
                case ast.Name(ctx=ast.Store() | ast.Del()) if id(node) not in assigned:
                    self.other.add(node.id)
                case ast.arg():
                    self.other.add(node.arg)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    self.other.add(node.name)
                case _:
                    pass
        self.other |= {argument.arg for argument in _arguments(function)}

    def _evident(self) -> set[str]:
        """Parameters that are annotated as tensors, or used as only tensors are."""
        function: Any = self.scope.node
        parameters = {argument.arg: argument for argument in _arguments(function)}
        found = {name for name, argument in parameters.items() if _says_tensor(argument.annotation)}
        for node in self.nodes:
            match node:
                case ast.BinOp(op=ast.MatMult()):
                    found |= {part.id for part in (node.left, node.right) if isinstance(part, ast.Name)}
                case ast.Call():
                    found |= self._shown_by(node)
                case _:
                    pass
        return found & parameters.keys()

    def _shown_by(self, node: ast.Call) -> set[str]:
        """The name that a call shows to be a tensor: by a method, or by a function that takes nothing else."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in TELLING_METHODS:
                if self.module.qualified(node.func, self.scope) is None:
                    return {name}
            case _:
                pass
        match node.args:
            case [ast.Name(id=name), *_]:
                called = self.module.qualified(node.func, self.scope) or ""
                if called.startswith("eager.") and called.rpartition(".")[2] in TAKES_TENSOR:
                    return {name}
            case _:
                pass
        return set()


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _says_tensor(annotation: ast.expr | None) -> bool:
    match annotation:
        case ast.Name(id="Tensor") | ast.Attribute(attr="Tensor"):
            return True
        case ast.Constant(value=str(text)):
            return text.rpartition(".")[2] == "Tensor"
        case _:
            return False


def _arguments(function: AnyFunction) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
