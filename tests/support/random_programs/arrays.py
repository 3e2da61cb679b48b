"""Vectors of integers and of truth values, what they choose and where they store, products and other shapes."""

from support.random_programs.writer import OPERATORS, Writer, expression, simple


@expression("iv", weight=2, core=False)
def integer_vector(w: Writer, depth: int) -> str:
    v = w.name("v")
    return w.pick(
        "xp.arange(3)",
        f"xp.argsort({v})",
        f"(idx + {w.value('i', depth)}) % 3",
        "idx[::-1]",
        f"xp.where({v} > {w.value('t', depth)}, idx, 0)",
        f"xp.astype({v}, xp.int64) % 3",
        "xp.cumulative_sum(idx) % 3",
    )


@expression("bv", weight=2, core=False)
def truth_vector(w: Writer, depth: int) -> str:
    v = w.name("v")
    return w.pick(
        f"({v} {w.pick('<', '>=')} {w.value('t', depth)})",
        "~mask",
        f"(mask {w.pick('&', '|', '^')} ({v} > 0))",
        f"({v} == {w.name('v')})",
        "(idx == 1)",
        f"xp.isfinite({v})",
    )


@simple(core=False)
def chosen_places(w: Writer) -> str:
    where = w.pick("idx", "mask", "idx[:2]", "[0, 2]", f"{w.name('i')} % 3", "xp.argmax(w)", "-1:", "idx > 0")
    return f"w = v * 1.0; w[{where}] {w.pick('=', '+=', '*=')} {w.value('t', 1)}"


@simple(core=False)
def row_of_a_matrix(w: Writer) -> str:
    change = f"{w.pick('+', '*')}= {w.value('t', 1)}"
    return w.pick(
        f"a = a * 1.0; row = a[{w.pick('0', '-1')}]; row {change}",
        f"row = a[0]; w = row {w.pick(*OPERATORS)} {w.name('v')}",
        f"w = v * 1.0; tail = w[1:]; tail {change}",
        f"a = a + 0.0; a[1] = {w.value('v', 1)}",
        f"a = a + 0.0; a[:, {w.pick('0', '-1')}] = [{w.name('t')}, {w.name('t')}]"
        if w.chance(0.3)
        else "a = a[::-1] * 2.0",
    )


@expression("v", weight=1.5, core=False)
def vector_of_products(w: Writer, depth: int) -> str:
    v = w.value("v", depth)
    return w.pick(
        f"({w.name('v')} @ (a.T @ a))",
        f"(a.T @ (a @ {v}))",
        f"({v}[:, None] * {w.name('v')})[{w.index()}]",
        f"xp.where(mask, {v}, {w.name('v')})",
        f"({v} * mask)",
        f"({v} + idx)",
        f"{v}[idx]",
        f"xp.cumulative_sum({v})",
        f"xp.sort({v})",
        f"xp.linalg.vecdot(a, {v}) @ a" if w.chance(0.2) else f"xp.clip({v}, -1.0, {w.value('t', depth)})",
        f"xp.full(3, {w.value('t', depth)})",
        f"({v} / (1.0 + xp.sum({w.name('v')} ** 2)))",
    )


@expression("t", core=False)
def scalar_of_arrays(w: Writer, depth: int) -> str:
    v = w.value("v", depth)
    return w.pick(
        f"({v} @ {w.name('v')})",
        f"xp.mean({v})",
        f"xp.sum({v}[mask])",
        f"xp.prod({v})",
        f"xp.sum(a @ {v})",
        f"{w.name('v')}[{w.name('i')} % 3]",
        f"{w.name('v')}[xp.argmin({w.name('v')})]",
        f"xp.sum(xp.where(mask, {v}, 0.0))",
        f"a[{w.name('i')} % 2, idx[0]]",
        f"xp.std({v})" if w.chance(0.2) else f"xp.min({v})",
    )


@expression("i", weight=0.8, core=False)
def integer_of_arrays(w: Writer, depth: int) -> str:
    return w.pick(
        "xp.sum(mask)", f"idx[{w.index()}]", "xp.max(idx)", f"xp.count_nonzero({w.name('v')} > 0)", "idx.sum() % 5"
    )


@expression("test", weight=0.8, core=False)
def test_of_arrays(w: Writer, depth: int) -> str:
    return w.pick(
        "xp.all(mask)", "mask.any()", f"xp.any({w.name('v')} == {w.name('v')})", f"({w.name('i')} in idx)", "mask[0]",
        f"idx[1] {w.pick('<', '==')} {w.name('p')}",
    )  # fmt: skip


@expression("e", weight=0.8, core=False)
def of_a_size_that_changes(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick(
        f"{w.name('v')}[mask]",
        f"xp.full(e.shape[0], {t})",
        "xp.reshape(xp.stack([e, e]), (-1,))" if w.chance(0.2) else "e[::-1]",
        f"(xp.arange(len(e)) * {t})",
        "(xp.stack(out) if out else e)",
        f"xp.zeros(({w.value('i', depth)} % 4,))",
        f"xp.sort(e)[: {w.name('i')} % 3]",
        "(e + xp.ones(e.shape))",
    )
