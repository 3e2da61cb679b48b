"""Statements with blocks: branches, loops, `try`, `with`, `match`."""

from support.random_programs.writer import NUMBER, Writer, compound


@compound(weight=5)
def if_(w: Writer) -> None:
    w.block(f"if {w.test()}:")
    if w.chance(0.3):
        w.block(f"elif {w.test()}:")
    if w.chance(0.5):
        w.block("else:")


@compound(weight=3)
def while_(w: Writer) -> None:
    k = w.fresh("k")
    most = w.rng.randint(1, 4)
    w.line(f"{k} = 0")
    if w.chance(0.25):
        w.line("while True:")
        with w.indented(loops=w.loops + 1):
            w.line(f"{k} += 1")
            w.line(f"if {k} > {most}: break")
            w.statement()
            w.statement()
    else:
        w.line(f"while {w.test()} and {k} < {most}:")
        with w.indented(loops=w.loops + 1):
            w.line(f"{k} += 1")
            for _ in range(w.rng.randint(1, 3)):
                w.statement()
    _else_of_a_loop(w)


@compound(weight=5)
def for_(w: Writer) -> None:
    t, p, i = w.name("t"), w.name("p"), w.name("i")
    head = w.pick(
        f"for {p} in range({w.rng.randint(0, 4)}):",
        f"for {p} in range({p} % 4):",
        f"for {i} in range({i} % 4):",
        f"for {p} in range({i} % 3, -1, -1):",
        f"for _ in range({i} % 4):",
        f"for {t} in {w.name('v')}:",
        f"for {t} in out:",
        f"for {p} in (1, {w.value('p', 1)}, 2):",
        f"for {t} in [{w.value('t', 1)}, {w.name('t')}]:",
        f"for {t}, {p} in [{w.name('s')}, ({t}, 1)]:",
        "for row in a:",
        "for key in d:",
        f"for {t} in e:",
    )
    w.block(head, loops=w.loops + 1)
    _else_of_a_loop(w)


@compound(weight=2)
def for_over_an_iterator(w: Writer) -> None:
    t, u, p = w.name("t"), w.name("t"), w.name("p")
    head = w.pick(
        f"for {p}, {t} in enumerate({w.name('v')}):",
        f"for {p}, {t} in enumerate(out, 1):",
        f"for {t}, {u} in zip({w.name('v')}, {w.name('v')}):",
        f"for {t}, {p} in zip({w.name('v')}, range(2)):",
        f"for {p}, ({t}, {u}) in enumerate(zip({w.name('v')}, out)):",
    )
    w.block(head, loops=w.loops + 1)
    _else_of_a_loop(w)


@compound(weight=2, core=False)
def for_over_what_a_built_in_makes(w: Writer) -> None:
    t = w.name("t")
    head = w.pick(
        f"for {t} in reversed({w.name('v')}):",
        f"for {t} in reversed(out):",
        f"for {t} in map(half, {w.name('v')}):",
        f"for {t} in filter(lambda k: k > {w.name('t')}, {w.name('v')}):",
        f"for {t} in sorted([{w.name('t')}, {w.name('t')}]):",
    )
    w.block(head, loops=w.loops + 1)
    _else_of_a_loop(w)


@compound(weight=2, core=False)
def for_over_a_generator(w: Writer) -> None:
    t, p = w.name("t"), w.name("p")
    head = w.pick(
        f"for {t} in drain({w.value('t', 1)}, {w.value('p', 1)} % 4):",
        f"for {p}, {t} in enumerate(list(both({w.name('t')}))):",
        f"for {t} in both({w.value('t', 1)}):",
        f"for {t} in (k * {w.name('t')} for k in {w.name('v')}):",
        f"for {p} in counted({w.name('i')} % 4):",
        f"for {t} in (k for k in out if k > {w.name('t')}):",
    )
    w.block(head, loops=w.loops + 1)
    _else_of_a_loop(w)


def _else_of_a_loop(w: Writer) -> None:
    if w.chance(0.2):
        w.used["else of a loop"] += 1
        w.block("else:")


@compound(weight=3, core=False)
def try_(w: Writer) -> None:
    if w.chance(0.6):
        w.block("try:")
    else:  # one step that can fail, mostly: of several, static code refuses many
        w.line("try:")
        with w.indented():
            if w.chance(0.4):
                w.line(f"{w.name('t')} = {w.value('t', 2)}")
            w.line(_that_can_fail(w))
            if w.chance(0.15):
                w.line(_that_can_fail(w))
    handlers = w.rng.randint(0, 2)
    for _ in range(handlers):
        kind = w.pick(
            "ValueError",
            "(IndexError, ZeroDivisionError)",
            "LookupError",
            "AssertionError",
            "ArithmeticError",
            "Exception",
        )
        if w.chance(0.4):
            w.line(f"except {kind} as error:")
            with w.indented():
                w.line(w.pick("print(error)", "print(type(error).__name__)", "box.c = len(error.args)"))
                w.statement()
        else:
            w.block(f"except {kind}:")
        if w.chance(0.15):
            with w.indented():
                w.line("raise")
    if handlers and w.chance(0.3):
        w.block("else:")
    if not handlers or w.chance(0.3):
        w.block("finally:", loops=0, may_return=False)


def _that_can_fail(w: Writer) -> str:
    t, p, i = w.name("t"), w.name("p"), w.name("i")
    return w.pick(
        f"{t} = checked({w.value('t', 1)})",
        f"assert {w.test()}, {w.value('p', 1)}",
        f"if {w.test()}: raise ValueError({w.value('p', 1)})",
        f"if {w.test()}: raise WrongError('wrong')",
        f"{t} = out[{i}]",
        f"{t} = {w.name('v')}[{i}]",
        f"{t} = {w.name('v')}[{p}]",
        f"{p} = 6 // {p}",
        f"{p} = 7 % int({i})",
        f"{t} = out.pop()",
        f"{t} = o + 1.0",
        f"{t} = d['z']",
        f"{t}, {w.name('t')} = out",
        f"{t} = math.sqrt({t})" if w.chance(0.1) else f"{p} = int(math.sqrt({p}))",
        f"{t} = box.none",
        f"{t} = table['none']",
        f"for {t} in {w.name('t')}: pass",
        f"{t} = {w.name('tx')} + {t}",
        f"raise WrongError({p}) from LookupError('first')",
    )


@compound(weight=2, core=False)
def with_(w: Writer) -> None:
    t = w.name("t")
    head = w.pick(
        "with Scope(box):",
        "with Scope(box, (Exception, BaseException)):",
        "with Scope(box, Exception) as q:",
        f"with scoped({w.value('t', 1)}) as {t}:",
        f"with Scope(box), scoped({t}) as {t}:",
        "with xp.no_grad():",
        "with catching(ValueError):",
        "with contextlib.suppress(ValueError, IndexError):",
        f"with contextlib.nullcontext({w.value('t', 1)}) as {t}:",
        f"with gauge.held({w.value('t', 1)}):",
    )
    if w.chance(0.15):
        w.block(head)
    else:
        w.flat(head)
    if w.chance(0.2):
        with w.indented():
            w.line(_that_can_fail(w))


@compound(weight=2, core=False)
def match_values(w: Writer) -> None:
    w.line(f"match {w.pick(w.value('p', 1), w.value('i', 1), w.value('p', 1))}:")
    with w.indented():
        for _ in range(w.rng.randint(1, 2)):
            pattern = w.pick("0", "1 | 2", "-1", f"{w.name('p')} if {w.test()}", NUMBER, "True")
            w.block(f"case {pattern}:")
        if w.chance(0.7):
            w.block("case _:")


@compound(weight=2, core=False)
def match_structures(w: Writer) -> None:
    t, u, p = w.pick("x", "u"), w.pick("y", "z"), w.name("p")
    subject, patterns = w.rng.choice(
        [
            (w.name("s"), (f"({t}, 2)", f"({t}, {p})", f"(_, {NUMBER})", "[_, 1 | 2]")),
            ("out", ("[]", f"[{t}]", f"[{t}, *_]", f"[{t}, {u}]", f"[_, *out, {u}]")),
            ("cell", (f"Cell(a={t}, c=1)", f"Cell({t}, {p})", "Cell(c=3)", "Pair()")),
            ("pt", (f"Pair({t}, {p})", f"Pair(c=1, a={t})", f"({t}, 1)")),
            ("d", (f"{{'a': {t}, 'b': 2}}", f"{{'b': {p}, **others}}", "{'z': _}", f"{{'a': {t}}}")),
            ("o", ("None", f"{t}")),
            (f"({w.name('p')}, {w.name('t')})", (f"(0, {t})", f"(1 | 2, {t})", f"({p}, {t})")),
            (f"({w.name('t')}, {w.name('i')})", (f"({t}, 0)", f"({t}, 1 | 2)", f"({t}, _)")),
        ]
    )
    w.line(f"match {subject}:")
    is_last = False
    with w.indented():
        for _ in range(w.rng.randint(1, 3)):
            pattern = w.pick(*patterns)
            guard = f" if {w.test()}" if w.chance(0.3) or (subject == "o" and pattern != "None") else ""
            is_last = is_last or (not guard and pattern.isidentifier() and pattern != "None")
            if not is_last:
                w.block(f"case {pattern}{guard}:")
        w.block("case _:")
