"""A model: what a translation wrote, with inputs, outputs and weights by name; and the file."""

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dy2static.export.onnx.handles import Handle, Part, Tensor, TensorList, made_of, part_types, parts_of
from dy2static.export.onnx.kernels import IR_VERSION, OPSET
from dy2static.export.onnx.library import onnx
from dy2static.export.onnx.subject import Subject
from dy2static.export.onnx.translate import Translator
from dy2static.export.onnx.writer import value_info
from graph.aval import Aval, ListType, OptionalType, Type


def model_of(subject: Subject) -> tuple[Any, Translator]:
    """The model, and what wrote it. Raises: ExportError where an op has no form."""
    graph, helper = subject.graph, onnx().helper
    translator = Translator(graph.functions)
    b = translator.b
    named = [_parts_of_param(p.type, name) for p, name in zip(graph.params, subject.names, strict=True)]
    handles: list[Handle] = [
        made_of(p.type, [part.name for part in parts]) for p, parts in zip(graph.params, named, strict=True)
    ]
    made = translator.body(graph, handles)
    outputs = _results(translator, [part for x in made for part in parts_of(x)], subject.results)
    inputs = [
        value_info(part, _declared(p.type))
        for p, parts in zip(graph.params[: subject.inputs], named, strict=False)
        for part in parts
    ]
    types = [t for v in graph.results for t in _shapes(v.type)]
    declared = [value_info(part, shape) for part, shape in zip(outputs, types, strict=True)]
    weights = [
        onnx().numpy_helper.from_array(value, name)
        for value, name in zip(subject.held, subject.names[subject.inputs :], strict=True)
    ]
    proto = helper.make_graph(b.block.nodes, subject.name, inputs, declared, [*weights, *b.initializers.values()])
    model = helper.make_model(
        proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="dy2static"
    )
    return model, translator


def _parts_of_param(t: Type, name: str) -> list[Part]:
    kinds = list(part_types(t))
    names = [name] if len(kinds) == 1 else [f"{name}.{i}" for i in range(len(kinds))]
    return [(TensorList if k.is_sequence else Tensor)(n, k.dtype) for n, k in zip(names, kinds, strict=True)]


def _declared(t: Type) -> list[int | str] | None:
    """Sizes that are not known by their names."""
    return [d if isinstance(d, int) else str(d) for d in t.shape] if isinstance(t, Aval) else None


def _shapes(t: Type) -> list[list[int | str | None]]:
    """The declared shape of each part of a result: sizes that are not known have no names, as names are of inputs."""
    match t:
        case Aval():
            return [[d if isinstance(d, int) else None for d in t.shape]]
        case ListType(element):
            return [[None] * len(shape) for shape in _shapes(element)]
        case OptionalType(element):
            return [[], *([None] * len(shape) for shape in _shapes(element))]


def _results(translator: Translator, parts: Sequence[Part], names: Sequence[str]) -> list[Part]:
    """The outputs under their names. Where the model checks something, they wait for it: both branches give them."""
    b = translator.b
    if not b.block.checks:
        return [_renamed(translator, part, name) for part, name in zip(parts, names, strict=True)]
    test = b.all_checks(b.block)
    graphs: list[Any] = []
    for name in ("checked", "unchecked"):
        with b.inner() as block:
            graphs.append(b.region(block, name, (), b.outputs(parts)))
    node = onnx().helper.make_node(
        "If", [test.name], list(names), name=b.name("outputs"), then_branch=graphs[0], else_branch=graphs[1]
    )
    b.block.nodes.append(node)
    return [_like(part, name) for part, name in zip(parts, names, strict=True)]


def _like(part: Part, name: str) -> Part:
    return TensorList(name, part.dtype) if isinstance(part, TensorList) else Tensor(name, part.dtype)


def _renamed(translator: Translator, part: Part, name: str) -> Part:
    node = onnx().helper.make_node("Identity", [part.name], [name], name=translator.b.name("output"))
    translator.b.block.nodes.append(node)
    return _like(part, name)


def write(model: Any, path: Path) -> None:
    """The file, whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(model.SerializeToString())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
