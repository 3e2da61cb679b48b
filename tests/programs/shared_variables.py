"""Variables that a loop, the generator it consumes and functions inside share, in blocks that exceptions leave."""

from support.programs import f64, i64, program


@program([f64(2.0), i64(3)], [f64(-1.0), i64(4)], [f64(1.0), i64(0)], grad=0)
def bound_by_generator_and_loop(x, n):
    def gen():
        nonlocal x
        for j in range(n):
            x = x + j
            if x > 1:
                x = x - 3
            yield x
            x = x * 0.5

    for k in gen():
        x = x * 2 + k
    return x


@program([f64(2.0), i64(3)], [f64(-1.0), i64(4)], [f64(1.0), i64(0)], grad=0)
def target_that_the_generator_reads(x, n):
    def gen():
        for j in range(n):
            yield x * j

    for x in gen():
        if x > 0:
            x = x + 1
    return x


@program([f64(0.5), i64(5)], [f64(-1.0), i64(4)], [f64(1.0), i64(0)], adapts=True)
def bound_three_times(x, n):
    y = 1.0

    def gen():
        nonlocal y
        i = 0
        while i < n:
            i = i + 1
            y = y + x
            yield y

    def halve():
        nonlocal y
        y = y * 0.5

    total = x
    for k in gen():
        y = y + k
        halve()
        if y > 4:
            break
        total = total + y
    return total, y


@program([f64([1.0, -2.0, 3.0])], [f64([-1.0, -2.0])], [f64([])], grad=0, adapts=True)
def end_of_a_generator_that_is_left(v):
    y = 1.0

    def gen():
        nonlocal y
        try:
            for r in v:
                yield r + y
        finally:
            y = y + 100

    for r in gen():
        y = y + r
        if r > 2:
            return y, r
    return y, 0.0


@program([f64(2.0), i64(3)], [f64(2.0), i64(0)])
def loop_that_always_raises(x, n):
    def gen():
        for _ in range(n):
            yield x

    for x in gen():
        x = x * 2
        raise ValueError("no")
    return x


@program([f64(2.0), i64(3)], [f64(0.5), i64(3)], [f64(2.0), i64(0)])
def loop_that_sometimes_raises(x, n):
    def gen():
        for _ in range(n):
            yield x

    for x in gen():
        x = x + 1
        if x > 4:
            raise ValueError("too much")
    return x


@program([f64(2.0), i64(3)], [f64(-2.0), i64(3)], [f64(2.0), i64(0)])
def raised_behind_a_binding(x, n):
    y = x

    def read():
        return y

    for i in range(n):
        y = x * i
        if y > 1:
            y = y + 1
            raise ValueError("no")
        x = x + read()
    return x, y


@program([f64(2.0)], [f64(-2.0)])
def bound_in_a_handler_by_a_function_inside(x):
    y = x
    try:
        if x > 0:
            raise ArithmeticError
    except ArithmeticError:
        if x > 5:
            y = x + 1

        def bump():
            nonlocal y
            y = y + 1

        bump()
    return y


@program([f64(2.0), i64(3)], [f64(-9.0), i64(3)], [f64(2.0), i64(0)], grad=0)
def generator_in_a_function_that_is_given_it(x, n):
    count = 0

    def gen():
        nonlocal count
        for j in range(n):
            count = count + 1
            if x + j > 0:
                yield x * j

    def use(items):
        total = x
        for item in items:
            total = total + item * count
        return total

    return use(gen()), count


@program([f64(0.3), i64(4)], [f64(-0.7), i64(3)], [f64(1.0), i64(0)], grad=0)
def deferred_reads(x, n):
    def gen():
        for j in range(n):
            yield lambda: x * j

    seen = []
    for read in gen():
        x = read() + 1
        seen.append(x)
    return seen, x
