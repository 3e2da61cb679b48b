"""Statements that define functions inside the program: closures, callbacks, recursion, generators, partial calls."""

from support.random_programs.writer import Writer, compound


def _declare_outer(w: Writer, head: int) -> None:
    """Declare what the function whose head is that line binds as the outer one's."""
    names, shared = w.bound_in(head)
    w.needed.update(names)
    for word, found in (("nonlocal", names), ("global", shared)):
        if found:
            w.lines.insert(head + 1, "    " * (w.depth + 1) + f"{word} {', '.join(found)}")


@compound(weight=1.5, when=lambda w: w.depth < 3)
def nested_function(w: Writer) -> None:
    name = w.fresh("inner")
    head = len(w.lines)
    given = w.pick("k", f"k, by={w.name('t')}", f"k, *more, by={w.name('p')}", "k, **named")
    w.line(f"def {name}({given}):")
    with w.indented(loops=0, may_return=False), w.without_binding():
        if w.chance(0.5):
            w.line(f"if {w.test()}: return k * {w.name('t')}")
        for _ in range(w.rng.randint(1, 3)):
            w.statement()
        w.line(f"return {w.pick('k', w.name('t'))} {w.pick('+', '*')} {w.name('t')}")
    _declare_outer(w, head)
    if not w.loops and not w.depth:
        w.functions.append(name)
    call = w.pick(
        f"{name}({w.value('t', 1)})", f"twice({name}, {w.name('t')})", f"functools.partial({name}, {w.name('t')})()"
    )
    w.line(f"{w.name('t')} = {call}")


@compound()
def closure_called_in_a_loop(w: Writer) -> None:
    name, t = w.fresh("inner"), w.name("t")
    w.line(f"def {name}(k):")
    with w.indented():
        w.line(f"nonlocal {t}, q")
        w.line(f"{t} = {t} + k * {w.pick('0.5', w.name('t'))}")
        w.line("q += 1" if w.chance(0.5) else f"if {t} > {w.name('t')}: q += 1")
        w.line("return q")
    w.needed.update((t, "q"))
    w.line(f"for j in {w.pick(w.name('v'), 'range(3)', w.name('i') + ' % 3 * v', 'out')}:")
    with w.indented(loops=w.loops + 1):
        w.line(f"{w.name('p')} = {name}(j)")
        w.statement()


@compound(core=False)
def function_that_calls_itself(w: Writer) -> None:
    name, t = w.fresh("down"), w.name("t")
    w.line(f"def {name}(k, t):")
    with w.indented():
        w.line("if k <= 0:")
        w.line(f"    return t * {w.name('t')}")
        w.line(
            w.pick(
                f"return {name}(k - 1, t + {t}) * 0.5",
                f"return t + {name}(k - 1, t * 0.5)",
                f"return {name}(k - 1, t) if t > {t} else {name}(k - 2, t + 1.0)",
            )
        )
    w.line(f"{w.name('t')} = {name}({w.name('i')} % 4, {w.value('t', 1)})")


@compound(when=lambda w: w.depth < 3, core=False)
def nested_generator(w: Writer) -> None:
    name, t = w.fresh("made"), w.name("t")
    w.line(f"def {name}(k):")
    with w.indented(), w.without_binding():
        w.line(
            w.pick(
                f"for j in range({w.name('i')} % 3):",
                f"for j in {w.name('v')}:",
                "for j in range(2):",
                f"if {w.test(1)}:",
            )
        )
        w.line(f"    yield k * {w.name('t')}")
        w.line(w.pick("yield k", f"yield from both({w.name('t')})", "print('end')"))
    with w.without_binding():
        over = f"{name}({w.value('t', 1)})"
    if w.chance(0.5):
        w.line(
            w.pick(
                f"out = list({over})",
                f"{t} = sum({over})",
                f"out = [k * {t} for k in {over}]",
                f"{t}, *out = list({over})",
            )
        )
    else:
        w.block(f"for {t} in {over}:", loops=w.loops + 1)


@compound(weight=0.5)
def two_lambdas(w: Writer) -> None:
    one, other = w.fresh("inner"), w.fresh("inner")
    with w.without_binding():
        other_body = f"k - by if {w.test()} else by"
        w.line(f"{one}, {other} = (lambda k: k * {w.value('t', 1)}), (lambda k, by={w.name('t')}: {other_body})")
    w.line(f"{w.name('t')} = {one}({other}({w.name('t')}))")
