"""Statements of one line: assignments of every form, changes in place, effects, jumps."""

from support.random_programs.writer import OPERATORS, Writer, simple

ASSIGNED = (
    "t",
    "t",
    "t",
    "t",
    "p",
    "p",
    "p",
    "i",
    "v",
    "g",
    "b",
    "h",
    "h",
    "o",
    "o",
    "e",
    "e",
    "a",
    "l",
    "s",
    "nt",
    "dc",
    "tx",
    "tx",
    "ms",
    "ms",
    "en",
    "di",
    "bl",
    "ve",
    "iv",
    "bv",
)


@simple(weight=10)
def assignment(w: Writer) -> str:
    kind = w.pick(*w.kinds(*ASSIGNED))
    return f"{w.name(kind)} = {w.value(kind)}"


@simple(weight=0.3)
def object_assignment(w: Writer) -> str:
    return f"ob = {w.value('ob')}"


@simple(weight=2)
def augmented_assignment(w: Writer) -> str:
    if w.chance(0.85):  # of a fresh tensor: static code refuses to change what may have another name
        target = w.pick("z", "u")
        fresh = f"({w.name('t')} {w.pick(*OPERATORS)} {w.name('t')})"
        return f"{target} = {fresh}; {target} {w.pick(*OPERATORS)}= {w.value('t', 1)}"
    return f"{w.name('t')} {w.pick(*OPERATORS)}= {w.value('t', 1)}"


@simple()
def augmented_number(w: Writer) -> str:
    return f"{w.name('p')} {w.pick('+', '-')}= {w.value('p', 1)}"


@simple(weight=2)
def augmented_number_or_tensor(w: Writer) -> str:
    return f"{w.name('h')} {w.pick(*OPERATORS)}= {w.value(w.pick('t', 't', 'p'), 1)}"


@simple()
def augmented_vector(w: Writer) -> str:
    return f"w = {w.value('v', 1)} * 1.0; w *= {w.value('t', 1)}"


@simple(weight=2)
def item_assignment(w: Writer) -> str:
    change = f"[{w.index()}] {w.pick('=', '+=', '*=')} {w.value('t', 1)}"
    if w.chance(0.75):
        return f"w = v * {w.name('t')}; w{change}"
    return w.pick("v", "w") + change


@simple()
def slice_assignment(w: Writer) -> str:
    where = w.pick("1:", ":2", "::2", "...", ":")
    return f"w = v + {w.name('t')}; w[{where}] {w.pick('=', '+=', '-=')} {w.value('t', 1)}"


@simple()
def mask_assignment(w: Writer) -> str:
    mask = f"w {w.pick('<', '>')} {w.value('t', 1)}"
    return f"w = v - {w.name('t')}; w[{mask}] {w.pick('=', '+=', '*=')} {w.name('t')}"


@simple()
def matrix_assignment(w: Writer) -> str:
    where = w.pick("0", "1, 2", ":, 1", "n % 2", "a > 0", "..., 0", "1, ::2")
    return f"a = a * 1.0; a[{where}] {w.pick('=', '+=', '*=')} {w.value('t', 1)}"


@simple(weight=2)
def append(w: Writer) -> str:
    return f"out.append({w.value('t', 1)})"


@simple()
def list_method(w: Writer) -> str:
    a = w.name("t")
    return w.pick(
        "out.pop()",
        "if len(out) > 1: out.pop()",
        "out.reverse()",
        f"out.insert(0, {a})",
        f"out.extend([{a}, {w.name('t')}])",
        f"out += [{a}]",
        f"{a} = out.pop(0) if out else {a}",
        f"out.extend({w.name('v')})",
    )


@simple()
def list_item(w: Writer) -> str:
    return w.pick("", "if len(out) > 1: ") + f"out[{w.index()}] {w.pick('=', '=', '+=')} {w.value('t', 1)}"


@simple(weight=0.5)
def item_that_stays(w: Writer) -> str:
    return f"{w.name('t')} = out[{w.index()}]"


@simple(weight=0.2, core=False)
def list_slice(w: Writer) -> str:
    return w.pick(f"out[1:] = [{w.name('t')}]", "del out[1:]", "if out: del out[0]", f"out[:0] = [{w.name('t')}]")


@simple()
def parallel_assignment(w: Writer) -> str:
    a, b = w.name("t"), w.name("t")
    return f"{a}, {b} = {w.value('t', 1)}, {w.value('t', 1)}"


@simple()
def several_targets(w: Writer) -> str:
    kind = w.pick(*w.kinds("t", "t", "p", "v", "o"))
    return f"{w.name(kind)} = {w.name(kind)} = {w.value(kind, 1)}"


@simple()
def unpacking(w: Writer) -> str:
    a, b, c = w.name("t"), w.name("t"), w.name("t")
    return w.pick(
        f"{a}, {w.name('p')} = {w.name('s')}",
        f"{a}, {b}, {c} = {w.value('v', 1)}",
        f"{a}, ({b}, {w.name('p')}) = {c}, {w.name('s')}",
        f"{a}, {w.name('p')} = pt",
        f"[{a}, {b}] = [{b}, {a}]",
    )


@simple()
def starred_unpacking(w: Writer) -> str:
    a, b = w.name("t"), w.name("t")
    return w.pick(
        f"{a}, *out = [{b}, {w.name('t')}, {a}]",
        f"{a}, *out = {w.name('v')}",
        f"*out, {a} = [{b}, {a}]",
    )


@simple(weight=2)
def attribute_assignment(w: Writer) -> str:
    t, p = w.value("t", 1), w.value("p", 1)
    return w.pick(
        f"box.a = {t}",
        f"box.c += {p}",
        f"cell.a = {t}",
        f"cell.c -= {p}",
        f"ob.total = ob.total + {t}",
        f"box.a = box.a * {t}",
    )


@simple()
def property_assignment(w: Writer) -> str:
    return f"ob.level = {w.value('t', 1)}"


@simple()
def method_call(w: Writer) -> str:
    t = w.value("t", 1)
    return w.pick(f"ob.step({t})", f"ob.keep({t})", f"{w.name('t')} = ob({t})", f"bump(box, {t})")


@simple()
def dict_item(w: Writer) -> str:
    return w.pick(
        f"d['a'] = {w.value('t', 1)}",
        f"d['b'] = {w.value('p', 1)}",
        f"d['a'] *= {w.name('t')}",
        f"d.update(a={w.value('t', 1)})",
    )


@simple(weight=0.12, core=False)
def dict_key(w: Writer) -> str:
    return w.pick(f"d['c'] = {w.value('p', 1)}", "d.pop('c', 0)", "d.setdefault('c', 2)", "del d['b']")


@simple(core=False)
def class_attribute(w: Writer) -> str:
    return f"Tracked.made += {w.value('p', 2)}"


@simple(core=False)
def module_assignment(w: Writer) -> str:
    t, p = w.value("t", 1), w.value("p", 1)
    return w.pick(f"TOTAL = TOTAL + {t}", f"SEEN += {p}", f"HISTORY.append({t})", f"added({t})", f"TOTAL = {t}")


@simple(weight=0.3, core=False)
def del_(w: Writer) -> str:
    name = w.pick("z", "u", "q", "w", "o")
    return w.pick(f"del {name}", f"{name} = {name}; del {name}")


@simple()
def print_(w: Writer) -> str:
    p, i, t = w.value("p", 1), w.value("i", 1), w.name("t")
    return w.pick(
        f"print('{w.pick('a', 'b')}', {p}, {i})",
        f"print(f'{{{w.name('p')}}} {{{w.name('i')}}} {{{t}:.3f}}')",
        f"print({w.name('p')}, {i}, sep='|', end=';')",
        f"print(len(out), e.shape, {w.name('g')})",
        f"print({w.name('ms')}, {w.name('tx')})",
        f"print({w.name('tx')}, f'{{{w.name('tx')}:>3}} {{{t}:.2f}}')",
    )


@simple()
def assert_(w: Writer) -> str:
    message = w.pick(w.value("p", 1), f"f'{{{w.name('i')}}} of {{{w.name('p')}}}'", "'no'")
    return f"assert {w.test()}, {message}"


@simple(weight=0.5, core=False)
def raise_(w: Writer) -> str:
    error = w.pick(
        f"ValueError({w.value('p', 1)})", f"WrongError(f'{{{w.name('i')}}}')", "KeyError('k')", "LookupError"
    )
    return f"if {w.test()}: raise {error}"


@simple(weight=0.5, core=False)
def checked_call(w: Writer) -> str:
    return f"{w.name('t')} = checked({w.value('t', 1)})"


@simple(weight=0.5, when=lambda w: w.loops > 0)
def jump(w: Writer) -> str:
    return w.pick("break", "continue")


@simple(weight=2, when=lambda w: w.loops > 0)
def jump_on_a_test(w: Writer) -> str:
    return f"if {w.test()}: {w.pick('break', 'continue')}"


@simple(weight=1.5, when=lambda w: w.may_return)
def early_return(w: Writer) -> str:
    return f"if {w.test()}: {w.return_text()}"
