"""Functions, methods and names of a framework become ours, by its table."""

import inspect
from dataclasses import replace
from typing import Any, Final

import libcst as cst

import eager
from dy2static.codemod.migrate.entries import Entry, LeftError, code, in_brackets, migrated
from dy2static.codemod.migrate.statements import without_brackets
from dy2static.codemod.migrate.work import Scoped, Work, path_of

OURS: Final[dict[str, Any]] = {
    "xp": eager,
    "nn": eager.nn,
    "optim": eager.optim,
    "optim.lr": eager.optim.lr,
    "xp.functional": eager.functional,
    "xp.data": eager.data,
    "xp.linalg": eager.linalg,
    "xp.random": eager.random,
    "nn.init": eager.nn.init,
}


class Calls(Scoped):
    """`torch.cat(xs, dim=1)` -> `xp.concat(xs, axis=1)`, `x.size(0)` -> `x.shape[0]`, `tf.float32` -> `xp.float32`."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.called: set[int] = set()
        self.bindings = 0
        self.bracketed: list[cst.BaseExpression] = []

    # Imports are not uses.

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Call(self, node: cst.Call) -> None:
        self.called.add(id(node.func))

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return path_of(node) is None  # dotted names are looked at as a whole

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        self.bindings += 1

    def leave_Arg_keyword(self, node: cst.Arg) -> None:
        self.bindings -= 1

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        name = self.theirs(original_node.func)
        try:
            if name is not None:
                return self.function(name, updated_node)
            if isinstance(original_node.func, cst.Attribute) and self.qualified(original_node.func) is None:
                return self.method(original_node.func.attr.value, updated_node)
        except LeftError as error:
            self.work.left(name or f".{code(original_node.func).rpartition('.')[2]}", str(error))
        return updated_node

    def function(self, name: str, node: cst.Call) -> cst.BaseExpression:
        entry = self.work.framework.functions.get(name)
        if entry is not None:
            return self.keeping(node, migrated(entry, self.arguments(node, entry), self.work.ours))
        same = self.same(name)
        if same is None:
            return node
        return node.with_changes(func=self.work.ours(same), args=self.arguments(node, None))

    def arguments(self, node: cst.Call, entry: Entry | None) -> list[cst.Arg]:
        """The arguments, with keywords by our names where the entry does not say otherwise."""
        if entry is not None and entry.signature is not None:
            return [*node.args]
        framework = self.work.framework
        kept = [a for a in node.args if a.keyword is None or a.keyword.value not in framework.dropped]
        if kept and len(kept) < len(node.args):
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return [
            a
            if a.keyword is None
            else a.with_changes(keyword=cst.Name(framework.keywords.get(a.keyword.value, a.keyword.value)))
            for a in kept
        ]

    def method(self, name: str, node: cst.Call) -> cst.BaseExpression:
        entry = self.work.framework.methods.get(name)
        if entry is None or not isinstance(node.func, cst.Attribute):
            return node
        receiver = node.func.value
        if isinstance(receiver, cst.Name) and (
            receiver.value in ("self", "cls") or receiver.value in self.work.aliases
        ):
            return node  # the user's own, or a module
        self.work.changes += 1
        if entry.target.startswith("."):
            target = cst.Attribute(receiver, cst.Name(entry.target[1:]))
            return self.keeping(node, migrated(entry, self.arguments(node, entry), lambda _: target))
        return self.keeping(node, migrated(_with_self(entry), [cst.Arg(receiver), *node.args], self.work.ours))

    def keeping(self, old: cst.Call, new: cst.BaseExpression) -> cst.BaseExpression:
        """The brackets around a call stay; where the arguments are as they were, so do the blanks between them."""
        if isinstance(new, cst.Call) and len(new.args) == len(old.args):
            same = all(a.value is b.value for a, b in zip(new.args, old.args, strict=True))
            if same:
                arguments = [
                    b.with_changes(keyword=a.keyword, equal=a.equal) for a, b in zip(new.args, old.args, strict=True)
                ]
                new = new.with_changes(args=arguments, whitespace_before_args=old.whitespace_before_args)
        if old.lpar:
            return new.with_changes(lpar=[*old.lpar, *new.lpar], rpar=[*new.rpar, *old.rpar])
        bracketed = in_brackets(new)
        if bracketed is not new:
            self.bracketed.append(bracketed)
        return bracketed

    # Brackets that a call did not need and what stands there now may need go where there is nothing around it.

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(value=self.bare(updated_node.value))

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        return updated_node.with_changes(value=self.bare(updated_node.value))

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        return updated_node.with_changes(value=self.bare(updated_node.value))

    def leave_Element(self, original_node: cst.Element, updated_node: cst.Element) -> cst.Element:
        return updated_node.with_changes(value=self.bare(updated_node.value))

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:
        return updated_node.with_changes(test=self.bare(updated_node.test))

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> cst.While:
        return updated_node.with_changes(test=self.bare(updated_node.test))

    def bare(self, node: Any) -> Any:
        return without_brackets(node) if any(node is made for made in self.bracketed) else node

    # Names that are not called

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return self.name(original_node, updated_node)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if self.bindings:
            return updated_node
        return self.name(original_node, updated_node)

    def name(self, original: cst.Attribute | cst.Name, updated: cst.BaseExpression) -> cst.BaseExpression:
        if id(original) in self.called:
            return updated
        name = self.theirs(original)
        if name is None:
            return updated
        target = self.work.framework.names.get(name)
        if target is None:
            entry = self.work.framework.functions.get(name)
            target = entry.target if entry is not None and not entry.is_template else self.same(name)
        if target is None:
            return updated
        made = self.work.ours(target)
        return made.with_changes(lpar=original.lpar, rpar=original.rpar)

    def same(self, name: str) -> str | None:
        """Our name for one that is called the same with us."""
        known = self.work.framework.names.get(name)
        if known is not None:
            return known
        for package, ours in self.work.framework.same:
            own = name.removeprefix(f"{package}.")
            if own != name and "." not in own and not own.startswith("_") and is_public(ours, own):
                top = ours == "xp.functional" and is_public("xp", own)
                return f"xp.{own}" if top else f"{ours}.{own}"
        return None


def _with_self(entry: Entry) -> Entry:
    """An entry of a method as one of a function that is given the object first."""
    otherwise = None if entry.otherwise is None else _with_self(entry.otherwise)
    return replace(entry, signature=f"self/ {entry.signature or ''}", otherwise=otherwise)


def is_public(package: str, name: str) -> bool:
    """Whether one of our packages has something of that name, other than a module."""
    return hasattr(OURS[package], name) and not inspect.ismodule(getattr(OURS[package], name))


class Definitions(Scoped):
    """Methods that a framework calls by another name: `construct` -> `forward`."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.classes: set[str] = set()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        super().visit_ClassDef(node)
        own = [base.value for base in node.bases]
        if any(self.theirs(base) or (isinstance(base, cst.Name) and base.value in self.classes) for base in own):
            self.classes.add(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        updated_node = super().leave_ClassDef(original_node, updated_node)
        names = self.work.framework.definitions
        if not names or original_node.name.value not in self.classes:
            return updated_node
        changed = [
            s.with_changes(name=cst.Name(names[s.name.value]))
            if isinstance(s, cst.FunctionDef) and s.name.value in names
            else s
            for s in updated_node.body.body
        ]
        self.work.changes += 1
        return updated_node.with_changes(body=updated_node.body.with_changes(body=changed))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        match updated_node.func:
            case cst.Attribute(value=value, attr=cst.Name(value=name)) if name in self.work.framework.definitions:
                own = isinstance(value, cst.Name) and value.value == "self"
                if own or (isinstance(value, cst.Call) and code(value.func) == "super"):
                    attribute = cst.Attribute(value, cst.Name(self.work.framework.definitions[name]))
                    return updated_node.with_changes(func=attribute)
            case _:
                pass
        return updated_node
