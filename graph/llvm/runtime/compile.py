"""From LLVM IR to object code, for this machine or a lesser one."""

import importlib
import threading
from typing import Any, Final

from graph.llvm.runtime.object_code import Machine, ObjectCode

_lock: Final = threading.RLock()
"""Held while LLVM works: its contexts are not for several threads."""


_WIDE: Final = "-prefer-256-bit"
"""LLVM keeps to half of the vector registers of processors that once were slow with all of them."""
LEVELS: Final = {
    "x86-64": (),
    "x86-64-v2": ("sse4.2", "popcnt", "ssse3", "cx16"),
    "x86-64-v3": ("avx2", "fma", "bmi2", "f16c", "lzcnt", "movbe"),
    "x86-64-v4": ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
}
"""The levels of x86-64 that Linux distributions build for, and what each adds to the one before."""


def machine(cpu: str = "host") -> Machine:
    """The machine for the option `cpu=`: "host", or a level of x86-64, for code that other machines run too.

    Raises ValueError for another name, and for a level above the host's.
    """
    llvm = binding()
    triple, features = llvm.get_process_triple(), llvm.get_host_cpu_features()
    if cpu == "host":
        wide = f",{_WIDE}" if features.get("avx512f") else ""
        return Machine(triple, llvm.get_host_cpu_name(), features.flatten() + wide)
    names = [*LEVELS] if triple.startswith("x86_64") else []
    if cpu not in names:
        raise ValueError(f"cpu={cpu!r}: it must be one of {', '.join(map(repr, ['host', *names]))}")
    for name in names[: names.index(cpu) + 1]:
        lacking = [feature for feature in LEVELS[name] if not features.get(feature)]
        if lacking:
            raise ValueError(f"cpu={cpu!r}: this processor has no {', '.join(lacking)}")
    return Machine(triple, cpu, _WIDE if cpu == "x86-64-v4" else "")


def compile_text(text: str, machine: Machine, *, level: int = 2, verify: bool = __debug__) -> ObjectCode:
    """Optimize a module and translate it. Raises RuntimeError for text that is not a module."""
    with _lock:
        return _emitted(*_optimized(text, machine, level, verify))


def compile_plainly(text: str, machine: Machine, *, level: int = 2) -> ObjectCode:
    """Translate a module of branches and calls, in which no loop is worth the time that the usual passes take."""
    llvm = binding()
    with _lock:
        target, module = _parsed(text, machine, level, __debug__)
        passes = llvm.create_new_module_pass_manager()
        passes.add_sroa_pass()
        passes.add_simplify_cfg_pass()
        passes.add_instruction_combine_pass()
        passes.add_simplify_cfg_pass()
        passes.add_global_dead_code_eliminate_pass()
        _run(passes, module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=1)))
        return _emitted(target, module)


def optimized_text(text: str, machine: Machine, *, level: int = 2) -> str:
    """The module as LLVM has optimized it."""
    with _lock:
        return str(_optimized(text, machine, level, True)[1])


def assembly(text: str, machine: Machine, *, level: int = 2) -> str:
    """The module as assembly."""
    with _lock:
        target, module = _optimized(text, machine, level, True)
        return target.emit_assembly(module)


def target_machine(machine: Machine, level: int = 2) -> Any:
    """LLVM's own object for a machine."""
    target = binding().Target.from_triple(machine.triple)
    return target.create_target_machine(
        cpu=machine.cpu, features=machine.features, opt=level, reloc="pic", codemodel="small"
    )


def _emitted(target: Any, module: Any) -> ObjectCode:
    code = target.emit_object(module)
    found = importlib.import_module("graph.llvm.runtime.elf").linked(code)
    if found is not None:
        image, layout = found
        return ObjectCode(image, tuple(dict.fromkeys(name for _, name in layout.outside)), layout)
    imports = [x.name for x in (*module.functions, *module.global_variables) if x.is_declaration]
    return ObjectCode(code, tuple(name for name in imports if not name.startswith("llvm.")))


def _parsed(text: str, machine: Machine, level: int, verify: bool) -> tuple[Any, Any]:
    llvm = binding()
    target = target_machine(machine, level)
    module = llvm.parse_assembly(text, llvm.create_context())
    module.triple = machine.triple
    module.data_layout = str(target.target_data)
    if verify:
        module.verify()
    return target, module


def _optimized(text: str, machine: Machine, level: int, verify: bool) -> tuple[Any, Any]:
    llvm = binding()
    target, module = _parsed(text, machine, level, verify)
    tuning = llvm.create_pipeline_tuning_options(speed_level=level)
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_interleaving = level >= 2
    tuning.loop_unrolling = level >= 2
    builder = llvm.create_pass_builder(target, tuning)
    _run(builder.getModulePassManager(), module, builder)
    if verify:
        module.verify()
    return target, module


def _run(passes: Any, module: Any, builder: Any) -> None:
    """Run passes once, and free them. llvmlite 0.50 does not: it asks the wrong one of two base classes to."""
    try:
        passes.run(module, builder)
    finally:
        importlib.import_module("llvmlite.binding.newpassmanagers").NewPassManager._dispose(passes)
        passes.detach()


def binding() -> Any:
    """`llvmlite.binding`, ready for this machine; loaded when it is first needed."""
    import llvmlite.binding as llvm

    with _lock:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    return llvm
