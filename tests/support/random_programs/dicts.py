"""Dicts and sets that programs make: of tensors, of lists, of numbers; going over them, and what is made of them."""

from support.random_programs.writer import Writer, compound, expression, simple


@simple(core=False)
def item_of_a_dict(w: Writer) -> str:
    t = w.value("t", 1)
    return w.pick(
        f"table['lo'] = {t}",
        f"table['hi'] {w.pick('+', '*')}= {t}",
        f"table[{_key(w)}] = {t}",
        f"table.update(lo={t})",
        f"table.update({{'lo': {t}, 'hi': {w.name('t')}}})",
        f"table |= {{'hi': {t}}}",
        f"{w.name('t')}, {w.name('t')} = table.values()",
        f"table['lo'], table['hi'] = table['hi'], {t}",
    )


@simple(core=False)
def list_in_a_dict(w: Writer) -> str:
    t = w.value("t", 1)
    return w.pick(
        f"bins['lo'].append({t})",
        f"bins[{_key(w)}].append({t})",
        f"bins['hi'] = [{t}]",
        f"bins['hi'] += [{t}]",
        f"if bins['lo']: {w.name('t')} = bins['lo'].pop()",
        f"bins['lo'] = [k * {w.name('t')} for k in bins['hi']]",
        "bins['hi'].extend(bins['lo'])",
        f"bins['lo'][{w.index()}] = {t}",
    )


@simple(weight=0.3, core=False)
def set_method(w: Writer) -> str:
    p = w.rng.randint(0, 4)
    return w.pick(
        f"seen.add({p})", f"seen.discard({p})", f"seen |= {{{p}, 1}}", f"seen = {{{p}, 2}}", f"seen -= {{{p}}}"
    )


@expression("di", weight=2, core=False)
def dict_(w: Writer, depth: int) -> str:
    t, u = w.value("t", depth), w.value("t", depth)
    return w.pick(
        f"{{'lo': {t}, 'hi': {u}}}",
        f"dict(lo={t}, hi={u})",
        f"{{**table, 'lo': {t}}}",
        f"{{key: k * {w.name('t')} for key, k in table.items()}}",
        f"(table | {{'hi': {t}}})",
        f"dict(zip(('lo', 'hi'), [{t}, {u}]))",
        "table.copy()",
    )


@expression("bl", weight=2, core=False)
def dict_of_lists(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick(
        f"{{'lo': [{t}], 'hi': []}}",
        "{key: held[:] for key, held in bins.items()}",
        f"{{'lo': [k for k in {w.name('v')} if k < {t}], 'hi': [k for k in {w.name('v')} if k >= {t}]}}",
    )


@expression("t", weight=1.5, core=False)
def of_a_dict(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    with w.without_binding():
        k = w.name("t")
    return w.pick(
        "table['lo']",
        f"table[{_key(w)}]",
        f"table.get('hi', {a})",
        f"table.get('none', {a})",
        "sum(table.values())",
        f"sum(k * {k} for k in table.values())",
        "max(table.values())",
        f"sum(bins['lo'], {a})",
        f"(bins['hi'][-1] if bins['hi'] else {a})",
        f"{{'a': {a}, 'b': {k}}}['{w.pick('a', 'b')}']",
        f"sum(len(held) * {k} for held in bins.values())",
    )


@expression("p", weight=0.7, core=False)
def of_a_set(w: Writer, depth: int) -> str:
    p = w.rng.randint(0, 4)
    return w.pick("len(seen)", "sum(seen)", f"len(seen & {{{p}, 1}})", "len(bins['lo'])", "max(seen, default=0)")


@expression("test", weight=0.7, core=False)
def in_a_dict_or_set(w: Writer, depth: int) -> str:
    return w.pick(
        f"({w.value('p', depth)} in seen)",
        "bins['lo']",
        f"('{w.pick('lo', 'z')}' in table)",
        "seen",
        "len(bins['hi']) > 1",
    )


@compound(weight=1.5, core=False)
def for_over_a_dict(w: Writer) -> None:
    t, u = w.name("t"), w.name("t")
    head = w.pick(
        "for key in table:",
        f"for key, {t} in table.items():",
        f"for {t} in table.values():",
        f"for _, ({t}, {u}) in enumerate([tuple(table.values())]):",
        f"for {t} in bins['lo']:",
        "for key, held in bins.items():",
        "for key in sorted(table, key=lambda k: table[k]):" if w.chance(0.2) else "for key in sorted(table):",
        f"for {w.name('p')} in sorted(seen):",
    )
    w.line(head)
    with w.indented(loops=w.loops + 1):
        if "key, held" in head:
            w.line(w.pick(f"held.append({w.value('t', 1)})", f"{t} = sum(held, {t})"))
        elif "key" in head:
            w.line(w.pick(f"table[key] = table[key] * {w.value('t', 1)}", f"{u} = {u} + table[key]", "print(key)"))
        w.statement()


def _key(w: Writer) -> str:
    """A key that a test decides on."""
    return f"('lo' if {w.test(1)} else 'hi')"
