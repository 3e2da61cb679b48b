"""Random numbers from generators with explicit state."""

import eager as xp
from support.programs import f64, i64, program


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], [f64([])], made=True, traceable=False)
def from_a_generator():
    generator = xp.Generator(7)

    def f(x):
        noise = generator.normal(x.shape)
        if xp.sum(x) > 0:
            return x + noise
        return x - noise

    return f


@program([i64(3)], [i64(0)], [i64(1)], made=True, traceable=False)
def drawn_in_a_loop():
    generator = xp.Generator(3)

    def f(n):
        total = xp.zeros((2,))
        for i in range(n):
            total = total + generator.uniform((2,))
        return total

    return f


@program([i64(5)], [i64(50)], made=True, traceable=False)
def random_walk():
    generator = xp.Generator(11)

    def f(limit):
        position = 0
        steps = 0
        while position < 3 and steps < limit:
            if generator.uniform(()) > 0.5:
                position += 1
            else:
                position -= 1
            steps += 1
        return position, steps

    return f
