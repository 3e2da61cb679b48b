"""What programs do with the standard library and with richer containers: queues, tables, heaps, iterators, orders."""

from support.random_programs.writer import Writer, compound, expression, simple


@simple(core=False)
def queue_method(w: Writer) -> str:
    t, p = w.value("t", 1), w.name("p")
    return w.pick(
        f"queue.append({t})",
        f"queue.appendleft({t})",
        f"queue.extend([{t}, {w.name('t')}])",
        f"if queue: {w.name('t')} = queue.popleft()",
        f"if len(queue) > 1: {w.name('t')} = queue.pop()",
        "queue.rotate(1)",
        f"queue.rotate({p})",
        f"if queue: queue[0] = {t}",
        "queue.reverse()",
        "queue.clear()",
    )


@simple(core=False)
def table_method(w: Writer) -> str:
    t, p = w.value("t", 1), w.value("p", 1)
    return w.pick(
        f"rows.append(({t}, {p}))",
        f"rows[{w.index()}] = ({t}, {p})",
        f"{w.name('t')}, {w.name('p')} = rows[{w.index()}]",
        f"if len(rows) > 1: {w.name('t')}, {w.name('p')} = rows.pop()",
        "rows.sort()",
        f"rows.sort(key=lambda k: {w.pick('-k[0]', 'k[1]', 'abs(k[0])')})",
        f"rows = [(k * {w.name('t')}, j + 1) for k, j in rows]",
        f"rows += [{w.name('s')}]",
        f"heapq.heappush(rows, ({t}, {p}))",
        f"if rows: {w.name('t')}, {w.name('p')} = heapq.heappop(rows)",
    )


@simple(core=False)
def nested_list(w: Writer) -> str:
    t = w.value("t", 1)
    return w.pick(
        f"groups[{w.index()}].append({t})",
        f"groups.append([{t}])",
        f"groups[-1] = [{t}, {w.name('t')}]",
        f"groups[0][0] = {t}",
        f"groups[0] = groups[0] + [{t}]",
        "groups = [[k * 0.5 for k in group] for group in groups]",
        "if len(groups) > 1: out = groups.pop()",
        f"groups = [[{t}], out[:]]",
    )


@simple(core=False)
def list_that_gives_way(w: Writer) -> str:
    t, p = w.value("t", 1), w.name("p")
    return w.pick(
        f"batch.append({t})",
        f"batch.append({t})",
        f"batch = [{t}]",
        "batch = []",
        "batch = batch[1:]",
        "batch = list(out)",
        "batch, out = out, batch",
        "out = batch",
        "groups.append(batch)",
        f"if batch: {w.name('t')} = batch.pop()",
        f"{p} = len(batch)",
        f"{w.name('t')} = sum(batch, {t})",
    )


@compound(core=False)
def list_put_away(w: Writer) -> None:
    w.line(f"batch.append({w.value('t', 1)})")
    w.line(f"if {w.pick('len(batch) > 2', w.test(1))}:")
    with w.indented():
        w.line(
            w.pick(
                "groups.append(batch)",
                "groups.append(batch)",
                "out = batch",
                f"{w.name('t')} = sum(batch, {w.name('t')})",
            )
        )
        w.line(w.pick("batch = []", "batch = []", f"batch = [{w.name('t')}]", "batch = out[:]", "batch = batch[2:]"))


@simple(core=False)
def list_searched(w: Writer) -> str:
    t, p = w.name("t"), w.name("p")
    return w.pick(
        f"if {t} in out: out.remove({t})",
        f"{p} = out.count({t})",
        "if out: out.remove(out[0])",
        f"out.sort({w.pick('', 'reverse=True', 'key=abs', f'key=lambda k: k * {t}')})",
        f"out *= {w.pick('2', '1', f'{p} % 3')}",
        f"bisect.insort(out, {t})",
        f"out.clear(); out += [{t} * 1.0]",
    )


@simple(core=False)
def store_by_a_call(w: Writer) -> str:
    t, p = w.value("t", 1), w.value("p", 1)
    return w.pick(
        f"setattr(box, 'a', {t})",
        f"d.__setitem__('a', {t})",
        f"operator.setitem(d, 'b', {p})",
        f"setattr(ob, 'total', {t})",
        f"vars(box).update(c={p})",
        f"d |= {{'a': {t}}}",
        f"cell = Cell(**{{'a': {t}, 'c': {p}}})",
    )


@simple(weight=0.5, core=False)
def print_of_containers(w: Writer) -> str:
    return w.pick(
        "print(out)",
        "print(cell, pt)",
        f"print({w.name('s')}, rows)",
        f"print('%d of %s' % ({w.name('p')}, {w.name('i')}))",
        f"print('{{:.2f}}|{{}}'.format({w.name('t')}, {w.name('p')}))",
        "print(', '.join([f'{k:.1f}' for k in out]))",
        "print(mode, mode.value)",
    )


@expression("t", weight=2, core=False)
def of_a_container(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    return w.pick(
        f"(queue[{w.pick('0', '-1')}] if queue else {a})",
        "sum(queue)",
        "max(rows)[0]",
        "min(rows, key=lambda k: k[0])[0]",
        f"rows[{w.index()}][0]",
        "groups[0][-1]",
        "sum(sum(group) for group in groups)",
        "getattr(box, 'a')",
        f"getattr(box, 'z', {a})",
        "max(out, key=abs)",
        "d.get('a')",
    )


@expression("t", weight=1.5, core=False)
def of_an_iterator(w: Writer, depth: int) -> str:
    a, t = w.name("t"), w.name("v")
    return w.pick(
        f"functools.reduce(lambda j, k: j * 0.5 + k, {t})",
        f"list(itertools.accumulate({t}))[{w.index()}]",
        f"next(iter(out), {a})",
        f"next((k for k in {t} if k > {a}), {a})",
        f"sum(Steps({a}, {w.value('p', depth)} % 4))",
        f"sum(map(operator.mul, {t}, {t}))",
        f"sum(j * k for j, k in itertools.pairwise({t}))",
        f"sum(itertools.chain(out, [{a}]))",
        f"heapq.nlargest(2, {t})[0]",
    )


@expression("t", weight=0.7, core=False)
def of_a_library(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    return w.pick(
        f"({w.name('t')} * math.exp(-abs({a})))",
        f"({w.name('t')} + math.hypot({a}, 1.0))",
        f"np.sin({a})",
        f"np.maximum({a}, {w.name('t')})",
        f"np.sum({w.value('v', depth)})",
        f"xp.clip({a}, -1.0, 1.0)",
    )


@expression("t", weight=0.7, core=False)
def derivative(w: Writer, depth: int) -> str:
    a = w.value("t", depth)
    function = w.pick(
        "half",
        f"lambda k: k * k * {w.name('t')}",
        f"lambda k: clamp(k, {w.name('p')})",
        "lambda k: spread(k, *out)",
        f"lambda k: sum([j * k for j in {w.name('v')}])",
        f"lambda k: xp.sum(xp.tanh({w.name('v')} * k))",
    )
    t = w.name("t")
    return w.pick(
        *(f"xp.grad({function})({a})" for _ in range(3)),
        f"xp.value_and_grad({function})({a})[{w.pick('0', '1')}]",
        f"xp.vjp({function}, {a})[1]({t})[0]",
        f"xp.jvp({function}, ({a},), ({t},))[1]",
        f"xp.grad(xp.grad(lambda k: k * k * {t} if k > {t} else k * k * k))({a})",
        f"xp.grad(lambda j, k: j * clamp(k, {w.name('p')}), (0, 1))({a}, {t})[{w.pick('0', '1')}]",
        f"xp.sum(xp.grad(lambda j: sum(k * {t} if k > {t} else k * k for k in j))({w.name('v')}))",
    )


@expression("p", core=False)
def place_or_count(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick(
        "len(queue)",
        "len(rows)",
        "len(groups[0])",
        f"sum(1 for k in out if k > {t})",
        f"bisect.bisect(sorted(out), {t})",
        "out.index(max(out))",
        "rows[0][1]",
        "mode.value",
        f"len(list(itertools.takewhile(lambda k: k > {t}, out)))",
    )


@expression("test", weight=1.5, core=False)
def order_or_equality(w: Writer, depth: int) -> str:
    t, u, p, q = w.value("t", depth), w.name("t"), w.value("p", depth), w.name("p")
    return w.pick(
        f"(({t}, {p}) < ({u}, {q}))",
        f"(({p}, {t}) <= ({q}, {u}))",
        f"(Ordered({p}, {t}) {w.pick('<', '>=', '==')} Ordered({q}, {u}))",
        f"(out == [{t}])",
        f"({t} in out)",
        f"({w.name('s')} == ({t}, {q}))",
        "(mode is Mode.UP)",
        "(mode == Mode.DOWN)",
        "queue",
    )


@expression("l", weight=2, core=False)
def list_of_others(w: Writer, depth: int) -> str:
    t = w.value("t", depth)
    return w.pick(
        "[k for k, _ in rows]",
        "[k for group in groups for k in group]",
        "list(queue)",
        f"[*out, {t}]",
        f"list(itertools.chain(out, [{t}]))",
        "heapq.nsmallest(2, out)",
        "out.copy()",
        f"list(itertools.islice(out, {w.name('p')} % 3))",
        "[k for k, _ in sorted(rows)]",
        f"[{t}] * 2",
    )


@expression("en", weight=2, core=False)
def member(w: Writer, depth: int) -> str:
    return w.pick("Mode.UP", "Mode.DOWN", f"(Mode.UP if {w.test(depth)} else Mode.DOWN)")


@expression("tx", weight=0.5, core=False)
def name_of_a_member(w: Writer, depth: int) -> str:
    return "mode.name"


@compound(weight=2.5, core=False)
def for_over_the_library(w: Writer) -> None:
    t, u, p = w.name("t"), w.name("t"), w.name("p")
    with w.without_binding():
        head = w.pick(
            f"for {t}, {u} in itertools.pairwise({w.name('v')}):",
            f"for {t} in itertools.chain({w.name('v')}, out):",
            f"for {t} in Steps({w.value('t', 1)}, {w.value('p', 1)} % 4):",
            f"for {t}, {p} in rows:",
            "for group in groups:",
            f"for {t} in queue:",
            f"for {t} in iter(out):",
            f"for {t} in itertools.islice({w.name('v')}, {p} % 3):",
            f"for {t}, {p} in itertools.product(out, (1, 2)):",
            f"for {t} in itertools.accumulate({w.name('v')}):",
            f"for {t}, {p} in itertools.zip_longest([{w.name('t')}], (1, 2), fillvalue={w.name('t')}):",
            f"for {t} in (*out, {w.name('t')}):",
        )
    w.block(head, loops=w.loops + 1)


@compound(weight=1.5, core=False)
def while_something_is_left(w: Writer) -> None:
    k, t = w.fresh("k"), w.name("t")
    w.line(f"{k} = 0")
    what, take = w.rng.choice(
        [
            ("queue", f"{t} = queue.popleft()"),
            ("out", f"{t} = out.pop()"),
            ("rows", f"{t}, {w.name('p')} = rows.pop()"),
            ("rows", f"{t}, {w.name('p')} = heapq.heappop(rows)"),
        ]
    )
    w.line(f"while {what} and {k} < 4:")
    with w.indented(loops=w.loops + 1):
        w.line(f"{k} += 1")
        w.line(take)
        for _ in range(w.rng.randint(1, 2)):
            w.statement()


@compound(weight=0.7, core=False)
def match_members(w: Writer) -> None:
    w.line("match mode:")
    with w.indented():
        w.block(f"case {w.pick('Mode.UP', 'Mode.DOWN')}:")
        w.block("case _:")
