"""Expressions whose values are tensors."""

from support.random_programs.writer import COMPARISONS, OPERATORS, Writer, expression


@expression("t", weight=3)
def arithmetic(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)} {w.pick(*OPERATORS)} {w.value('t', depth)})"


@expression("t")
def elementwise(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    return w.pick(f"xp.sin({a})", f"abs({a})", f"(-{a})", f"pow({a}, 2)", f"xp.tanh({a})")


@expression("t")
def scaled(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)} * {w.pick('0.5', '-1.5', '0.0')})"


@expression("t", weight=2)
def ternary(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)} if {w.test(depth)} else {w.value('t', depth)})"


@expression("t")
def item_of_a_vector(w: Writer, depth: int) -> str:
    return f"{w.name('v')}[{w.index()}]"


@expression("t")
def sum_of_a_vector(w: Writer, depth: int) -> str:
    a = w.value("v", depth)
    return w.pick(f"xp.sum({a})", f"({a}).sum()", f"sum({a})", f"max({a})", f"xp.max({a})")


@expression("t")
def with_a_number(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)} + {w.value(w.pick('p', 'h', 'i'), depth)})"


@expression("t")
def attribute(w: Writer, depth: int) -> str:
    return w.pick("box.a", "d['a']", "pt.a", "cell.a", "ob.total")


@expression("t")
def property_(w: Writer, depth: int) -> str:
    return "ob.double"


@expression("t", weight=2)
def method(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    return w.pick(
        f"ob.step({a})", f"ob({a})", f"ob.fold({a}, {w.value('p', depth)})", f"Tracked.twice({a})", f"cell.moved({a}).a"
    )


@expression("t")
def static_or_class_method(w: Writer, depth: int) -> str:
    return w.pick(f"Tracked.twice({w.value('t', depth)})", f"Tracked.made_of({w.value('t', depth)}).total")


@expression("t")
def min_max(w: Writer, depth: int) -> str:
    return f"{w.pick('min', 'max')}({w.value('t', depth)}, {w.value('t', depth)})"


@expression("t", weight=2)
def call(w: Writer, depth: int) -> str:
    a, p = w.value("t", depth), w.value("p", depth)
    return w.pick(f"half({a})", f"half({a}, limit={p})", f"clamp({a}, {p})", *(f"{name}({a})" for name in w.functions))


@expression("t")
def call_with_stars(w: Writer, depth: int) -> str:
    a, b = w.value("t", depth), w.value("t", depth)
    return w.pick(
        f"spread({a}, {b})", f"spread({a}, *[{b}, {w.name('t')}], scale=0.5)", f"spread({a}, **{{'scale': {b}}})"
    )


@expression("t", core=False)
def recursion(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    return w.pick(f"halved({a})", f"powers({a}, {w.name('i')} % 4)", f"(even({w.name('i')} % 5) * {a})")


@expression("t")
def callback(w: Writer, depth: int) -> str:
    given = w.pick("half", f"lambda k: k * {w.name('t')}", f"functools.partial(half, limit={w.name('t')})", "ob.step")
    return f"twice({given}, {w.value('t', depth)})"


@expression("t")
def item_of_a_pair(w: Writer, depth: int) -> str:
    return f"{w.name('s')}[0]"


@expression("t")
def item_of_a_list(w: Writer, depth: int) -> str:
    return f"(out[{w.index()}] if len(out) > 1 else {w.value('t', depth)})"


@expression("t")
def lambda_(w: Writer, depth: int) -> str:
    return f"(lambda k: k * {w.name('t')} + {w.name('p')})({w.value('t', depth)})"


@expression("t", weight=2)
def optional(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    if w.chance(0.1):
        return f"({a} + o)"
    return w.pick(
        f"({a} if o is None else o)", f"(o * 2.0 if o is not None else {a})", f"(o or {a})", f"default({a}, o)"
    )


@expression("t", when=lambda w: w.binds, core=False)
def walrus(w: Writer, depth: int) -> str:
    return f"({w.name('t')} := {w.value('t', depth)})"


@expression("t", weight=2)
def comprehension(w: Writer, depth: int) -> str:
    with w.without_binding():
        a, test, number = w.name("t"), w.test(2), w.value("p", 2)
    return w.pick(
        f"sum([k * {a} for k in {w.name('v')}])",
        f"sum([k + {a} for k in {w.name('v')} if {test}], 0.0)",
        f"sum([k * {a} for k in range(3) if k != {number}])",
        f"sum([k * {a} for k in range({w.name('i')} % 4)], 0.0)",
        f"sum([j * k for j in {w.name('v')} for k in ({a}, 2.0)])",
        f"sum({{k: k * {a} for k in range(3)}}.values())",
    )


@expression("t", weight=2, core=False)
def generator_expression(w: Writer, depth: int) -> str:
    with w.without_binding():
        a, test = w.name("t"), w.test(2)
    return w.pick(
        f"sum(k * {a} for k in {w.name('v')})",
        f"sum((k * {a} for k in range(3) if {test}), 0.0)",
        f"max(k + {a} for k in {w.name('v')})",
        f"sum(k * {a} for k in out)",
    )


@expression("t", core=False)
def generator_consumed(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    return w.pick(f"sum(drain({a}, {w.value('p', depth)} % 4))", f"sum(both({a}))", f"max(both({a}))")


@expression("t", core=False)
def map_filter_zip(w: Writer, depth: int) -> str:
    a = w.name("t")
    return w.pick(
        f"sum(map(lambda k: k * {a}, {w.name('v')}))",
        f"sum(filter(lambda k: k > {a}, {w.name('v')}), 0.0)",
        f"sum(j * k for j, k in zip({w.name('v')}, {w.name('v')}))",
        f"sum(map(half, [{a}, {w.name('t')}]))",
    )


@expression("t", core=False)
def sorted_reversed(w: Writer, depth: int) -> str:
    a, b = w.value("t", depth), w.name("t")
    return w.pick(
        f"sorted([{a}, {b}, {w.name('t')}])[{w.pick('0', '-1', '1')}]",
        f"sorted({w.name('v')})[0]",
        f"list(reversed({w.name('v')}))[0]",
        f"sorted([{a}, {b}], reverse=True)[0]",
    )


@expression("t")
def of_changing_size(w: Writer, depth: int) -> str:
    return w.pick("xp.sum(e)", f"(e[-1] if e.shape[0] > 2 else {w.value('t', depth)})", f"e[{w.index()}]")


@expression("t")
def item_of_a_matrix(w: Writer, depth: int) -> str:
    return w.pick(f"a[{w.pick('0', '1', 'n % 2')}, {w.index()}]", "xp.sum(a)", "a[1][0]", "a.T[2, 0]")


@expression("t")
def module_variable(w: Writer, depth: int) -> str:
    return w.pick("TOTAL", f"added({w.value('t', depth)})")


@expression("i")
def integer_arithmetic(w: Writer, depth: int) -> str:
    a, b, p = w.value("i", depth), w.value("i", depth), w.value("p", depth)
    return w.pick(f"(({a} + {b}) % 5)", f"({a} * {p} % 7)", f"({a} // 2)", f"(-{a})", f"divmod({a}, 3)[{p} % 2]")


@expression("i")
def integer_ternary(w: Writer, depth: int) -> str:
    return f"({w.value('i', depth)} if {w.test(depth)} else {w.value('i', depth)})"


@expression("i")
def argmax(w: Writer, depth: int) -> str:
    return f"xp.argmax({w.name('v')})"


@expression("i", core=False)
def integer_recursion(w: Writer, depth: int) -> str:
    return f"factorial({w.name('i')} % 5)"


@expression("v", weight=2)
def vector_arithmetic(w: Writer, depth: int) -> str:
    a = w.value("v", depth)
    return w.pick(f"({a} * {w.value('t', depth)})", f"({a} + {w.value('v', depth)})", f"({a} - {w.value('p', depth)})")


@expression("v")
def stack(w: Writer, depth: int) -> str:
    return f"xp.stack([{w.value('t', depth)}, {w.name('t')}, {w.name('t')}])"


@expression("v")
def vector_indexed(w: Writer, depth: int) -> str:
    a = w.value("v", depth)
    return w.pick(f"xp.flip({a})", f"{a}[::-1]", f"{a}[[2, 0, 1]]", f"{a}[xp.argsort({w.name('v')})]", f"{a}[...]")


@expression("v")
def where(w: Writer, depth: int) -> str:
    a = w.value("v", depth)
    return f"xp.where({a} > {w.value('t', depth)}, {a}, {w.value('v', depth)})"


@expression("v")
def vector_ternary(w: Writer, depth: int) -> str:
    return f"({w.value('v', depth)} if {w.test(depth)} else {w.value('v', depth)})"


@expression("v")
def row(w: Writer, depth: int) -> str:
    return w.pick(f"a[{w.pick('0', '-1', 'n % 2', 'p % 2')}]", "xp.sum(a, axis=0)", "a.T[:, 1]", "xp.max(a, axis=0)")


@expression("v")
def stacked_comprehension(w: Writer, depth: int) -> str:
    with w.without_binding():
        a = w.value("t", 2)
    return w.pick(f"xp.stack([k * {a} for k in {w.name('v')}])", f"xp.stack([k * {a} for k in range(3)])")


@expression("g")
def comparison(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)} {w.pick('<', '>')} {w.value('t', depth)})"


@expression("g")
def logical(w: Writer, depth: int) -> str:
    return w.pick(f"xp.any({w.value('v', depth)} > 0)", f"(g & ({w.value('t', depth)} > 0))", "~g")


@expression("e")
def size_that_changes(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick(
        f"xp.concat([e, xp.reshape({t}, (1,))])",
        f"xp.concat([xp.reshape({t}, (-1,)), e])",
        "e[1:]",
        f"e[e > {t}]",
        f"(e * {t})",
        f"{w.value('v', depth)}[e.shape[0] % 3 :]",
    )


@expression("a")
def matrix(w: Writer, depth: int) -> str:
    return w.pick(
        f"xp.stack([{w.value('v', depth)}, {w.name('v')}])",
        f"(a * {w.value('t', depth)})",
        f"(a + {w.name('v')})",
        "a[::-1]",
    )


@expression("test", weight=3)
def tensor_comparison(w: Writer, depth: int) -> str:
    return f"({w.value('t', depth)} {w.pick(*COMPARISONS)} {w.value('t', depth)})"
