"""Further forms of statements: annotations, targets of every kind, bounds of T, tests that bind, records of a log."""

from support.random_programs.writer import Writer, compound, expression, simple


@simple(core=False)
def annotated_assignment(w: Writer) -> str:
    kind, name = w.pick("t", "p", "v"), w.fresh("given")
    return w.pick(
        f"{name}: object = {w.value(kind, 1)}; {w.name(kind)} = {name}",
        f"box.a: float = {w.value('t', 1)}",
        f"{name}: 'xp.Tensor'",
    )


@simple(core=False)
def target_that_is_no_name(w: Writer) -> str:
    t, u = w.name("t"), w.value("t", 1)
    return w.pick(
        f"box.a, {t} = {t}, box.a",
        f"d['a'], cell.a = {u}, d['a']",
        f"cell.a = {t} = {u}",
        f"(box.a, box.c), {t} = {w.name('s')}, {u}",
        f"{t}, *_, {w.name('t')} = ({u}, 1, {t})",
        f"*d['list'], {t} = [{u}, {t}]" if w.chance(0.1) else f"d['a'] = box.a = {u}",
    )


@simple(weight=0.8, core=False)
def record_of_a_log(w: Writer) -> str:
    return w.pick(
        f"LOGGER.info('%s of %d', {w.name('tx')}, {w.value('p', 1)})",
        f"LOGGER.warning('at %.3f', {w.name('t')})",
        f"LOGGER.info(f'{{{w.name('i')}}} and {{{w.name('p')}}}')",
        f"LOGGER.debug('%s', {w.name('t')})",
    )


@expression("t", core=False)
def power_or_quotient(w: Writer, depth: int) -> str:
    a, b = w.value("t", depth), w.name("t")
    return w.pick(
        f"({a} / (1.0 + abs({b})))",
        f"({a} % 2.0)",
        f"({a} // 0.5)",
        f"({a} ** {w.pick('2', '3', w.rng.choice(['0', '1']))})",
        f"divmod({a}, 1.5)[1]",
        f"round({a}, 1)",
        f"xp.sqrt(abs({a}) + 0.25)",
        f"(2 - {a})",
        f"(1 / (2 + {a} * {a}))",
    )


@expression("p", weight=0.8, core=False)
def bits_and_bounds(w: Writer, depth: int) -> str:
    a, b = w.value("p", depth), w.name("p")
    return w.pick(
        f"({a} & 3)",
        f"({a} ^ {b})",
        f"(~{a} % 5)",
        f"(({a} % 3) << 1)",
        f"len(range({a} % 5))",
        f"CONFIG['{w.pick('limit', 'start')}']",
        f"min({a}, {b}, 2)",
        f"sum(({a}, {b}))",
    )


@expression("h", core=False)
def number_of_a_tensor(w: Writer, depth: int) -> str:
    return w.pick(
        f"float({w.name('t')})", f"float({w.value('p', depth)})", f"{w.name('t')}.item()", "CONFIG['rate']", "math.pi"
    )


@expression("test", weight=0.8, core=False)
def identity_or_range(w: Writer, depth: int) -> str:
    p = w.value("p", depth)
    return w.pick(
        f"({p} in range({w.name('p')}))",
        f"({w.name('i')} in range(3))",
        f"({w.name('s')} is {w.name('s')})",
        "(cell is not None)",
        f"isinstance({w.name('t')}, xp.Tensor)",
        f"({w.name('t')} > {w.name('t')}) is True" if w.chance(0.1) else f"bool({w.name('t')} > {w.name('t')})",
        f"({w.name('g')} is not None)",
    )


@compound(weight=1.5, core=False)
def for_with_bounds_of_the_graph(w: Writer) -> None:
    t, p, i = w.name("t"), w.name("p"), w.name("i")
    w.block(
        w.pick(
            f"for {p} in range({w.name('p')} % 3, {i} % 5, {w.pick('1', '2', f'{p} % 2 + 1')}):",
            f"for {p} in range({i} % 4, 0, {w.pick('-1', '-2', f'-({i} % 2) - 1')}):",
            f"for {p} in range(0, 3, {w.pick('1', i, p)}):",
            f"for {p}, {t} in enumerate({w.name('v')}, {w.pick(i, p)}):",
            f"for {p} in range(len(e)):",
            f"for {p} in reversed(range({i} % 4)):",
            f"for {t}, {p} in zip({w.name('v')}, (1, 2, 3), strict=True):",
            f"for {t}, *out in [{w.name('v')}, {w.name('v')}]:",
            f"for box.a in {w.name('v')}:",
            f"for d['a'] in [{w.value('t', 1)}, {w.name('t')}]:",
            f"for {p} in (k for k in range({i} % 4) if k != 1):",
        ),
        loops=w.loops + 1,
    )


@compound(weight=0.8, core=False)
def while_that_binds(w: Writer) -> None:
    k = w.fresh("k")
    w.line(f"{k} = 0")
    w.line(f"while ({k} := {k} + 1) < {w.rng.randint(2, 4)}{w.pick('', f' and {w.test(1)}')}:")
    with w.indented(loops=w.loops + 1):
        w.statement()
        w.statement()


@compound(weight=0.8, core=False)
def match_that_captures(w: Writer) -> None:
    t, p = w.pick("x", "u"), w.name("p")
    w.line(w.pick(f"match ({w.name('t')}, {w.value('p', 1)}):", f"match [{w.name('t')}, {w.value('p', 1)}]:"))
    with w.indented():
        w.block(
            w.pick(f"case ({t}, 0 | 1 as {p}):", f"case ({t}, {p}) as s if {t} > 0:", f"case [{t}, {p}] if {p} > 1:")
        )
        w.block("case _:")
