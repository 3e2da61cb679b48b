"""Expressions whose values are numbers, containers, objects and tests."""

from support.random_programs.writer import COMPARISONS, Writer, expression


@expression("p", weight=2)
def number_arithmetic(w: Writer, depth: int) -> str:
    return f"(({w.value('p', depth)} {w.pick('+', '-', '*')} {w.value('p', depth)}) % 9)"


@expression("p")
def division(w: Writer, depth: int) -> str:
    return f"({w.value('p', depth)} {w.pick('//', '%')} {w.pick('2', '3', '-2', w.name('p'))})"


@expression("p", weight=2)
def number_ternary(w: Writer, depth: int) -> str:
    return f"({w.value('p', depth)} if {w.test(depth)} else {w.value('p', depth)})"


@expression("p")
def and_or_of_values(w: Writer, depth: int) -> str:
    return f"({w.value('p', depth)} {w.pick('and', 'or')} {w.value('p', depth)})"


@expression("p")
def length(w: Writer, depth: int) -> str:
    return w.pick("len(out)", "len(e)", "e.shape[0]", "len(v)", "a.ndim", "e.size", "len(d)")


@expression("p")
def int_of_a_tensor(w: Writer, depth: int) -> str:
    return w.pick(f"int({w.value('i', depth)})", f"int({w.value('test', depth)})", f"int({w.name('t')} * 2)")


@expression("p")
def built_in(w: Writer, depth: int) -> str:
    a, b = w.value("p", depth), w.value("p", depth)
    return w.pick(
        f"abs({a})", f"{w.pick('min', 'max')}({a}, {b})", f"divmod({a}, 3)[1]", f"round({a})", f"pow({a}, 2) % 9"
    )


@expression("p")
def number_of_an_object(w: Writer, depth: int) -> str:
    return w.pick("box.c", "d['b']", f"{w.name('s')}[1]", "pt.c", "cell.c", "ob.calls", "d.get('c', 1)")


@expression("p")
def call_with_effect(w: Writer, depth: int) -> str:
    return w.pick(f"bump(box, {w.value('t', depth)})", f"ob.keep({w.value('t', depth)})")


@expression("p")
def module_number(w: Writer, depth: int) -> str:
    return w.pick("SEEN", "Tracked.made", "len(HISTORY)", "seen_once()")


@expression("p", when=lambda w: w.binds, core=False)
def number_walrus(w: Writer, depth: int) -> str:
    return f"({w.name('p')} := {w.value('p', depth)})"


@expression("p")
def number_comprehension(w: Writer, depth: int) -> str:
    with w.without_binding():
        a = w.value("p", 2)
    return w.pick(
        f"sum([k * {a} for k in range(4) if k != {a}])",
        f"len({{k % 2 for k in range({a} % 4)}})",
        f"sum(k for k in range(3) if k > {a})",
        f"len({{k: {a} for k in 'abc'}})",
        f"len([k for k in {w.name('v')} if k > {w.name('t')}])",
    )


@expression("p", weight=0.15, core=False)
def length_of_text(w: Writer, depth: int) -> str:
    return f"len(f'{{{w.name('p')}}}:{{{w.name('p')}!r:>3}}')"


@expression("b", "test", core=False)
def any_all(w: Writer, depth: int) -> str:
    with w.without_binding():
        a = w.value("t", 2)
    return w.pick(
        f"any(k > {a} for k in {w.name('v')})",
        f"all([k > {a} for k in {w.name('v')}])",
        f"any([{w.name('g')}, {w.name('p')} > 1])",
        "all(k < 9 for k in out)",
    )


@expression("b", weight=2)
def flag_of_numbers(w: Writer, depth: int) -> str:
    return f"({w.value('p', depth)} {w.pick(*COMPARISONS)} {w.value('p', depth)})"


@expression("b")
def bool_of_a_tensor(w: Writer, depth: int) -> str:
    return w.pick(f"bool({w.value('g', depth)})", f"bool({w.name('t')} > 0)", f"(not {w.test(depth)})", "o is None")


@expression("h")
def number_that_becomes_a_tensor(w: Writer, depth: int) -> str:
    h = w.name("h")
    return w.pick(
        "1.0", f"{h} * 2.0", f"{h} + {w.value('t', depth)}", w.value("t", depth), f"{h} - {w.name('p')}", f"-{h}"
    )


@expression("o")
def none_or_not(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick("None", t, t, f"(None if {w.test(depth)} else {t})", f"(o if o is None else o + {t})", f"found({t})")


@expression("l")
def list_(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    return w.pick(f"[{a}]", f"out + [{a}]", "out[1:]", "list(out)", f"[{a}, *out]", "out[::-1]", "[]")


@expression("l")
def list_comprehension(w: Writer, depth: int) -> str:
    with w.without_binding():
        a, test = w.value("t", 2), w.test(2)
    return w.pick(
        f"[k * {a} for k in {w.name('v')}]",
        f"[k * {a} for k in out if {test}]",
        f"list(map(lambda k: k - {a}, out))",
        f"[k for k in {w.name('v')} if k > {a}]",
        f"list(filter(lambda k: k > {a}, out))",
        f"[k for k in drain({a}, 2)]",
        "sorted(out)",
        "list(reversed(out))",
    )


@expression("s")
def tuple_(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)}, {w.value('p', depth)})"


@expression("nt")
def namedtuple_(w: Writer, depth: int) -> str:
    t, p = w.value("t", depth), w.value("p", depth)
    return w.pick(f"Pair({t}, {p})", f"pt._replace(a={t})", f"Pair(c={p}, a={t})", f"Pair(*{w.name('s')})")


@expression("dc")
def dataclass_(w: Writer, depth: int) -> str:
    t, p = w.value("t", depth), w.value("p", depth)
    return w.pick(f"Cell({t}, {p})", f"Cell({t})", f"cell.moved({t})", f"replace(cell, c={p})")


@expression("ob")
def object_(w: Writer, depth: int) -> str:
    return w.pick(f"Tracked({w.value('t', depth)})", f"Tracked.made_of({w.value('t', depth)})")


@expression("test", weight=3)
def with_a_constant(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)} {w.pick('<', '>')} {w.pick('0', '0.5', '-1.0')})"


@expression("test", weight=2)
def number_test(w: Writer, depth: int) -> str:
    return f"({w.value('p', depth)} {w.pick(*COMPARISONS)} {w.value('p', depth)})"


@expression("test")
def integer_test(w: Writer, depth: int) -> str:
    return f"({w.value('i', depth)} {w.pick(*COMPARISONS)} {w.value('p', depth)})"


@expression("test", weight=2)
def and_or(w: Writer, depth: int) -> str:
    return f"({w.test(depth)} {w.pick('and', 'or')} {w.test(depth)})"


@expression("test")
def not_(w: Writer, depth: int) -> str:
    return f"(not {w.test(depth)})"


@expression("test")
def chained(w: Writer, depth: int) -> str:
    return w.pick(
        f"({w.pick('-0.5', '0')} < {w.value('t', depth)} <= {w.value('t', depth)})",
        f"({w.name('p')} < {w.value('p', depth)} <= {w.value('p', depth)} != 3)",
    )


@expression("test")
def truth(w: Writer, depth: int) -> str:
    return w.pick(w.name("g"), w.name("p"), "out", w.name("i"), "ok", "ok")


@expression("test")
def length_test(w: Writer, depth: int) -> str:
    return f"{w.pick('len(out)', 'e.shape[0]', 'len(e)')} {w.pick('<', '>')} {w.pick('1', '2', '3')}"


@expression("test")
def in_(w: Writer, depth: int) -> str:
    return w.pick(
        f"({w.pick(w.value('p', 2), w.value('i', 2))} {w.pick('in', 'not in')} (1, 2, 3))",
        f"({w.name('p')} in [{w.name('p')}, 1])",
        "('a' in d)",
        f"({w.name('t')} in {w.name('v')})",
    )


@expression("test")
def is_none(w: Writer, depth: int) -> str:
    return w.pick(f"o is {w.pick('', 'not ')}None", f"(o is not None and o > {w.value('t', depth)})", "o")


@expression("test")
def isinstance_(w: Writer, depth: int) -> str:
    return w.pick(
        f"isinstance({w.name('p')}, int | xp.Tensor)",
        "isinstance(cell, Cell)",
        "hasattr(box, 'a')",
        "type(ob) is Tracked",
    )


@expression("test", when=lambda w: w.binds, core=False)
def walrus_test(w: Writer, depth: int) -> str:
    return f"(({w.name('t')} := {w.value('t', depth)}) > {w.name('t')})"


@expression("tx", core=False)
def text(w: Writer, depth: int) -> str:
    return w.pick("'a'", "'b'", "'ba'", "''")


@expression("tx", weight=3, core=False)
def text_ternary(w: Writer, depth: int) -> str:
    return f"({w.value('tx', depth)} if {w.test(depth)} else {w.value('tx', depth)})"


@expression("tx", core=False)
def of_a_text(w: Writer, depth: int) -> str:
    t = w.value("tx", depth)
    return w.pick(f"{t}.upper()", f"{t}[:1]", f"({t} or 'c')", f"{{'a': 'b'}}.get({t}, 'a')", f"max({t}, 'ab')")


@expression("test", weight=0.7, core=False)
def text_test(w: Writer, depth: int) -> str:
    t = w.value("tx", depth)
    return w.pick(f"({t} == {w.value('tx', depth)})", f"({t} != 'a')", f"({t} in ('a', 'b'))", f"('a' in {t})", t)


@expression("p", weight=0.5, core=False)
def number_of_a_text(w: Writer, depth: int) -> str:
    t = w.value("tx", depth)
    return w.pick(f"len({t})", f"{t}.find('a')", f"{{'a': 2, 'b': {w.name('p')}}}.get({t}, 1)")


@expression("t", weight=0.5, core=False)
def function_that_is_chosen(w: Writer, depth: int) -> str:
    one, other = w.pick("half", "xp.sin"), w.pick("abs", "xp.cos", "(lambda k: k + 1)", "half")
    return f"({one} if {w.test(depth)} else {other})({w.value('t', depth)})"


@expression("ms", weight=2, core=False)
def message(w: Writer, depth: int) -> str:
    return w.pick(
        f"f'{{{w.name('t')}:.3f}}'",
        f"f'{w.pick('a', 'b')} {{{w.name('p')}}} of {{{w.name('i')}}}'",
        f"f'{{{w.name('t')}:.2f}} and {{{w.name('t')}:.1f}}'",
        f"str({w.name('i')})",
        w.value("tx", depth),
    )


@expression("ms", core=False)
def message_ternary(w: Writer, depth: int) -> str:
    return f"({w.value('ms', depth)} if {w.test(depth)} else {w.value('ms', depth)})"


@expression("ms", weight=0.3, core=False)
def longer_message(w: Writer, depth: int) -> str:
    return w.pick(f"({w.value('ms', depth)} + '!')", f"f'<{{{w.name('ms')}}}>'")
