"""Buffers that change places in a loop: `a, b = b, a`, after one of them has been changed in place."""

import eager as xp
from support.programs import f32, f64, i64, program

LINE = [0.5, 2.0, -1.0, 4.0, 3.0, 0.25]
NONE, ONE, TWO, FIVE = ([f64(LINE), i64(n)] for n in (0, 1, 2, 5))
GRID = [[0.0, 1.0, 2.0, 0.0], [1.0, 5.0, 2.0, 1.0], [0.0, 3.0, 1.0, 1.0], [2.0, 0.0, 1.0, 4.0]]
BEHIND = "what is changed behind the loop is one of two objects, of which one has another name that is used"
READ = "a buffer has another name, which is read in the loop: in which trips a change is seen there differs"


class Simulation:
    """Two buffers and what is done with them."""

    def __init__(self, start):
        self.now = start * 1.0
        self.next = xp.zeros_like(start)

    def step(self):
        self.next[1:-1] = 0.5 * (self.now[:-2] + self.now[2:])
        self.now, self.next = self.next, self.now


@program(NONE, ONE, TWO, FIVE, [f32(LINE), i64(4)], grad=0)
def heat(u, steps):
    u = u * 1.0
    v = u.copy()
    for _ in range(steps):
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u, v = v, u
    return u


@program(NONE, ONE, TWO, FIVE)
def heat_that_begins_in_an_argument(u, steps):
    v = u.copy()
    for _ in range(steps):
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u, v = v, u
    return u


@program([f64(LINE), f64(LINE[::-1]), i64(0)], [f64(LINE), f64(LINE[::-1]), i64(3)], grad=(0, 1))
def both_are_arguments(u, v, steps):
    for i in range(steps):
        v[1:] = u[:-1] * 0.5 + i
        u, v = v, u
    return u, v


@program(NONE, ONE, TWO, FIVE, grad=0)
def by_a_third_name(u, steps):
    a, b = u * 1.0, u * 2.0
    for _ in range(steps):
        b[0] = b[1] + a[0]
        t = a
        a = b
        b = t
    return a, b


@program(NONE, ONE, TWO, FIVE, grad=0)
def wave_with_three(u, steps):
    before, now, after = u * 1.0, u * 1.0, xp.zeros_like(u)
    for _ in range(steps):
        after[1:-1] = 2 * now[1:-1] - before[1:-1] + 0.1 * (now[2:] - 2 * now[1:-1] + now[:-2])
        before, now, after = now, after, before
    return before, now


@program(NONE, ONE, TWO, FIVE, grad=0)
def three_of_which_one_is_known_elsewhere(u, steps):
    a, b, c = u * 1.0, u * 2.0, u * 3.0
    known, all_three = b, [a, b, c]
    for i in range(steps):
        a[0] = b[1] + c[2] * i
        a, b, c = b, c, a
    return known, all_three, a - b


@program([f64(GRID), 1e-3], [f64(GRID), 100.0], [f32(GRID), 1e-2], grad=0)
def jacobi_until_it_settles(grid, tolerance):
    new = grid * 1.0
    old = grid * 1.0
    count = 0
    while True:
        new[1:-1, 1:-1] = 0.25 * (old[:-2, 1:-1] + old[2:, 1:-1] + old[1:-1, :-2] + old[1:-1, 2:])
        change = xp.max(xp.abs(new - old))
        old, new = new, old
        count = count + 1
        if change < tolerance:
            break
    return old, count


@program([f64(GRID), 1e-3], [f64(GRID), 100.0])
def left_before_they_change_places(grid, tolerance):
    new = grid.copy()
    while True:
        new[1:-1, 1:-1] = 0.25 * (grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:])
        if xp.max(xp.abs(new - grid)) < tolerance:
            break
        grid, new = new, grid
    return new


@program(NONE, ONE, TWO, FIVE)
def on_some_paths(a, n):
    b = a.copy()
    for i in range(n):
        b[:] = a + 1.0
        if b[0] > 2.0:
            a, b = b, a
        elif b[1] > 2.0:
            if i > 1:
                b, a = a, b
            a[0] -= 4.0
    return a, b


@program(NONE, ONE, TWO, FIVE)
def or_the_function_returns(a, n):
    b = a.copy()
    for i in range(n):
        b[1:] = a[:-1] + i
        if b[1] > 3.0:
            return b
        a, b = b, a
        if b[2] > 2.5:
            continue
        b[2] = 1.0
    return a


@program(NONE, ONE, TWO, FIVE)
def in_a_loop_in_a_loop(a, n):
    b = a * 2.0
    first = b
    for _ in range(n):
        for _ in range(n):
            b[0] = b[0] + 0.1 * a[1]
            a, b = b, a
        b[1] += 1.0
        a, b = b, a
    return a, b, first


@program(NONE, ONE, TWO, FIVE)
def in_two_loops(a, n):
    b = a * 2.0
    a = a * 3.0
    for _ in range(n):
        b[0] = b[0] + a[1]
        a, b = b, a
    for _ in range(n - 1):
        b[1] = b[0] + a[1]
        a, b = b, a
    return a, b


@program(FIVE, refused="the second loop changes one of two tensors, and the first loop has left `first` in one of them")
def in_two_loops_with_another_name(a, n):
    b = a * 2.0
    a = a * 3.0
    first = a
    for _ in range(n):
        b[0] = b[0] + a[1]
        a, b = b, a
    for _ in range(n - 1):
        b[1] = b[0] + a[1]
        a, b = b, a
    return a, b, first


@program(NONE, ONE, TWO, FIVE, grad=0)
def of_an_object(u, steps):
    simulation = Simulation(u)
    for _ in range(steps):
        simulation.step()
    return simulation.now


@program(NONE, ONE, TWO, FIVE)
def of_an_object_with_another_name(u, steps):
    simulation = Simulation(u)
    first = simulation.now
    for _ in range(steps):
        simulation.step()
    return first, simulation.next


@program(NONE, ONE, TWO, FIVE, grad=0)
def changed_by_a_function(u, steps):
    def fill(target, source):
        target[:-1] = source[1:] * 0.5

    a, b = u * 1.0, u * 2.0
    known = a
    for _ in range(steps):
        fill(b, a)
        a, b = b, a
    return known, a


@program(NONE, TWO, FIVE)
def changed_behind_the_loop(u, n):
    a, b = u * 1.0, u * 2.0
    for _ in range(n):
        b[0] += a[1]
        a, b = b, a
    a[2] = 7.0
    b += 1.0
    return a, b


@program(NONE, TWO, FIVE)
def one_is_dropped(u, n):
    a, b = u * 1.0, u * 2.0
    known = a
    for i in range(n):
        b[0] += a[1]
        a, b = b, a + i
    return a, b, known * 0.0


@program(FIVE, refused=READ)
def read_by_another_name(u, n):
    a, b = u * 1.0, u * 2.0
    known = a
    total = 0.0
    for _ in range(n):
        b[0] += a[1]
        total = total + known[0]
        a, b = b, a
    return total


@program(FIVE, refused="two names are one object on some paths only")
def one_takes_the_place_of_the_other(u, n):
    a, b = u * 1.0, u * 2.0
    for _ in range(n):
        b[0] += a[1]
        if b[0] > 4.0:
            a = b
    return a, b


class Holder:
    """An object with one attribute."""

    def __init__(self, value):
        self.value = value


@program(NONE, FIVE, refused=BEHIND)
def changed_behind_the_loop_and_read_by_another_name(u, n):
    a, b = u * 1.0, u * 2.0
    known = a
    for _ in range(n):
        a, b = b, a
    b += 1.0
    return a, b, known


@program(NONE, FIVE, refused=BEHIND)
def three_changed_behind_the_loop(u, n):
    a, b, c = u * 1.0, u * 2.0, u * 3.0
    known = a
    for _ in range(n):
        a, b, c = b, c, a
    b += 1.0  # it has been the first one after two trips
    return a, b, known


@program(NONE, FIVE, refused=BEHIND)
def changed_behind_an_inner_loop(u, n):
    a, b = u * 1.0, u * 2.0
    known = a
    for _ in range(n):
        for _ in range(n):
            a, b = b, a
        b += 1.0
    return a, b, known


@program(NONE, FIVE, refused=BEHIND)
def the_largest_so_far_is_changed_behind_the_loop(u, n):
    best, now = u * 2.0, u * 3.0
    known = now
    for _ in range(n):
        if xp.sum(now) > xp.sum(best):
            best = now
        now = now * 0.5 + 1.0
    best += 1.0
    return best, known


@program(NONE, FIVE, refused=BEHIND)
def objects_that_change_places(u, n):
    a, b = Holder(u * 1.0), Holder(u * 2.0)
    known = a
    for _ in range(n):
        a, b = b, a
    b.value = b.value + 1.0
    return a.value, b.value, known.value


@program(NONE, FIVE, refused=BEHIND)
def lists_that_change_places(u, n):
    a, b = [u * 1.0], [u * 2.0]
    known = a
    for _ in range(n):
        a, b = b, a
    b[0] = b[0] + 1.0
    return a, b, known


@program(NONE, FIVE, refused="which of the two it is only the run knows")
def asked_for_in_the_loop(u, n):
    a, b = u * 1.0, u * 2.0
    known, count = a, 0
    for _ in range(n):
        if a is known:
            count = count + 1
        a, b = b, a
    return count


@program(NONE, FIVE, refused="which of the two it is only the run knows")
def tuples_of_them(u, n):
    a, b = (u * 1.0, u + 1.0), (u * 2.0, u + 2.0)
    known = a
    if n > 1:
        a, b = b, a
    return 1 if b is known else 0


@program(NONE, FIVE, refused="in the first trip it is, and only the run knows which trip it is")
def asked_whether_it_is_still_the_first(u, n):
    now = u * 1.0
    first, count = now, 0
    for _ in range(n):
        if now is first:
            count = count + 1
        now = now * 2.0
    return count
