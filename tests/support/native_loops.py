"""Compiles loops around single functions of `graph.llvm.math`, as native code will have them, and runs them."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from graph.llvm.math import library

Body = Callable[[Any, Any, list[Any]], Any]
"""`body(module, builder, elements)` gives the value that is stored."""

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()


@dataclass(frozen=True)
class Machine:
    """What code is made for; an empty `cpu` is this machine's."""

    cpu: str = ""
    features: str = ""

    def target(self) -> Any:
        if self.cpu:
            cpu, features = self.cpu, self.features
        else:
            own = {**llvm.get_host_cpu_features(), "prefer-256-bit": False}
            cpu, features = llvm.get_host_cpu_name(), ",".join(f"{'+' if on else '-'}{x}" for x, on in own.items())
        made = llvm.Target.from_default_triple().create_target_machine(
            cpu=cpu, features=features, opt=3, jit=True, codemodel="jitdefault"
        )
        return made

    @property
    def fma(self) -> bool:
        return bool(llvm.get_host_cpu_features().get("fma")) if not self.cpu else "+fma" in self.features


HOST = Machine()
SSE2 = Machine("x86-64")
AVX2 = Machine("haswell", "+fma")
AVX512 = Machine("icelake-server", "+fma,-prefer-256-bit")


def is_runnable(machine: Machine) -> bool:
    """Whether this processor has what the code may use; for `AVX2` and `SSE2`."""
    own = llvm.get_host_cpu_features()
    return machine in (HOST, SSE2) or bool(own.get("avx2") and own.get("fma") and own.get("bmi2"))


def _parsed(module: Any, target: Any) -> Any:
    module.triple = llvm.get_default_triple()
    module.data_layout = str(target.target_data)
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = True
    passes = llvm.create_pass_builder(target, options)
    passes.getModulePassManager().run(parsed, passes)
    return parsed


def elementwise_module(body: Body, kinds: list[Any], result: Any) -> Any:
    """A module with `void loop(ptr result, i64 n, ptr... operands)`; no pointer is promised to be alone."""
    module = ir.Module("loop")
    pointer, i64 = ir.PointerType(), ir.IntType(64)
    loop = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer, i64, *(pointer for _ in kinds)]), "loop")
    builder = ir.IRBuilder(loop.append_basic_block("entry"))
    entry = builder.block
    head, end = loop.append_basic_block("head"), loop.append_basic_block("end")
    out, count, *operands = loop.args
    zero = ir.Constant(i64, 0)
    builder.cbranch(builder.icmp_signed(">", count, zero), head, end)
    builder.position_at_end(head)
    index = builder.phi(i64)
    index.add_incoming(zero, entry)
    elements = [
        builder.load(builder.gep(x, [index], source_etype=kind), typ=kind)
        for x, kind in zip(operands, kinds, strict=True)
    ]
    builder.store(body(module, builder, elements), builder.gep(out, [index], source_etype=result))
    following = builder.add(index, ir.Constant(i64, 1))
    index.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, count), head, end)
    builder.position_at_end(end)
    builder.ret_void()
    return module


def elementwise_loop(body: Body, kinds: list[Any], result: Any, machine: Machine = HOST) -> Callable[..., None]:
    """`elementwise_module` compiled: called with the array of results and those of operands, all of one length."""
    target = machine.target()
    engine = llvm.create_mcjit_compiler(_parsed(elementwise_module(body, kinds, result), target), target)
    engine.finalize_object()
    pointers = [ctypes.c_void_p for _ in kinds]
    entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, *pointers)(engine.get_function_address("loop"))

    def run(out: np.ndarray, *operands: np.ndarray, _owner: Any = engine) -> None:
        entry(out.ctypes.data, out.size, *(x.ctypes.data for x in operands))

    return run


def function_body(name: str, dtype: Any, machine: Machine) -> Body:
    def body(module: Any, builder: Any, elements: list[Any]) -> Any:
        return builder.call(library.declare(module, name, np.dtype(dtype), fma=machine.fma), elements)

    return body


def function_kinds(name: str, dtype: Any) -> list[Any]:
    kind = ir.FloatType() if np.dtype(dtype) == np.float32 else ir.DoubleType()
    return [kind] * library.declared_names()[name]


def assembly(name: str, dtype: Any, machine: Machine = HOST) -> str:
    """The loop around a function, as assembly."""
    kinds = function_kinds(name, dtype)
    target = machine.target()
    module = elementwise_module(function_body(name, dtype, machine), kinds, kinds[0])
    return str(target.emit_assembly(_parsed(module, target)))


def function_loop(name: str, dtype: Any, machine: Machine = HOST) -> Callable[..., np.ndarray]:
    """The function over arrays of `dtype`, all of one length."""
    kinds = function_kinds(name, dtype)
    loop = elementwise_loop(function_body(name, dtype, machine), kinds, kinds[0], machine)

    def run(*operands: np.ndarray) -> np.ndarray:
        out = np.empty(operands[0].size, dtype)
        loop(out, *(np.ascontiguousarray(x, dtype=dtype) for x in operands))
        return out

    return run
