"""Objects of users' classes, with operators, iterators, slots, in lists; decorated functions, functions as values."""

from support.random_programs.writer import OPERATORS, Writer, compound, expression, simple


@expression("ve", weight=2, core=False)
def object_with_operators(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick(
        f"Vec({t}, {w.name('t')})",
        f"(point {w.pick('+', '-')} Vec({t}, 1.0))",
        f"(point * {t})",
        "(-point)",
        f"({t} * point)",
        f"(point if {w.test(depth)} else Vec({t}, {w.name('t')}))",
    )


@simple(core=False)
def object_changed(w: Writer) -> str:
    t = w.value("t", 1)
    return w.pick(
        f"point = point {w.pick('+', '-')} point",
        f"point *= {t}",
        f"point[0] = {t}",
        "point = Vec(*point)",
        f"{w.name('t')}, {w.name('t')} = point",
        f"gauge.add({t})",
        f"gauge.last = {t}",
        f"gauge.level += {t}",
        f"gauge = Gauge({t})",
    )


@simple(core=False)
def object_in_a_list(w: Writer) -> str:
    t, p = w.value("t", 1), w.value("p", 1)
    return w.pick(
        f"cells[{w.index()}].a = {t}",
        f"cells[0].c += {p}",
        f"cells.append(Cell({t}, {p}))",
        f"cells = [Cell(k.a * {w.name('t')}, k.c) for k in cells]",
        f"cells[0] = Cell({t})",
        "cells.sort(key=lambda k: k.a)" if w.chance(0.3) else f"cells = [Cell({t}, {p}), Cell({w.name('t')})]",
        f"if len(cells) > 1: {w.name('t')} = cells.pop().a",
    )


@simple(core=False)
def function_kept(w: Writer) -> str:
    with w.without_binding():
        t = w.name("t")
    return w.pick(
        f"act = half if {w.test(1)} else {w.pick('abs', 'xp.tanh', 'half')}",
        f"act = {w.pick('half', 'abs', 'xp.sin')}",
        f"act = adder({t})",
        f"act = (lambda k, by={t}: k * by)",
        "act = ob.step" if w.chance(0.2) else "act = noted",
    )


@expression("t", weight=1.5, core=False)
def of_an_object(w: Writer, depth: int) -> str:
    a, t = w.value("t", depth), w.name("t")
    return w.pick(
        "point.x",
        f"point[{w.pick('0', '1', '-1')}]",
        f"point.dot(Vec({a}, {t}))",
        "abs(point)",
        "sum(point)",
        "gauge.level",
        f"gauge.add({a})",
        "gauge.last",
        f"cells[{w.index()}].a",
        "sum(k.a for k in cells)",
        "max(cells, key=lambda k: k.a).a",
        f"sum(k * {t} for k in Countdown({w.value('p', depth)} % 4))",
        f"sum(gauge.steps({a}, 3))",
    )


@expression("t", weight=1.5, core=False)
def decorated_or_made_function(w: Writer, depth: int) -> str:
    a, t = w.value("t", depth), w.name("t")
    return w.pick(
        f"act({a})",
        f"noted({a})",
        f"scaled_by({a}, by={t})",
        f"adder({t})({a})",
        f"composed(half, act)({a})",
        f"{{'up': half, 'down': abs}}['{w.pick('up', 'down')}']({a})",
        f"placed({a}, {t})",
        f"tree_sum([{a}, [{t}, ({a}, {w.name('t')})]])",
        f"fibonacci({w.name('i')} % 5, {a})",
    )


@expression("test", weight=0.7, core=False)
def test_of_an_object(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick(
        f"(point == Vec({t}, {w.name('t')}))",
        f"(point < Vec({t}, 0.5))",
        f"({t} in point)",
        "point",
        "len(point) > 1",
        "callable(act)",
        "isinstance(point, Vec)",
        f"isinstance({w.name('h')}, float | xp.Tensor)",
    )


@compound(weight=1.2, core=False)
def for_over_objects(w: Writer) -> None:
    t, p = w.name("t"), w.name("p")
    w.line(
        w.pick(
            "for each in cells:",
            f"for {p}, each in enumerate(cells):",
            f"for each in [cell, Cell({w.value('t', 1)})]:",
            "for each in reversed(cells):",
        )
    )
    with w.indented(loops=w.loops + 1):
        w.line(
            w.pick(
                f"each.a = each.a {w.pick(*OPERATORS)} {w.value('t', 1)}",
                f"{t} = each.a",
                f"if each.a > {t}: {t} = each.a",
                f"if each.a > {w.name('t')}: each.c += 1",
                f"{t} = each.moved({t}).a",
            )
        )
        w.statement()


@compound(weight=1.2, core=False)
def for_over_an_own_iterator(w: Writer) -> None:
    t, p = w.name("t"), w.name("p")
    w.block(
        w.pick(
            f"for {p} in Countdown({w.value('p', 1)} % 4):",
            f"for {t} in point:",
            f"for {t} in gauge.steps({w.value('t', 1)}, {w.name('i')} % 4):",
            f"for {p}, {t} in enumerate(point):",
        ),
        loops=w.loops + 1,
    )
