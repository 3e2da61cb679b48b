"""Numbers of the graph answer as Python's numbers do, not as tensors: attributes, `hasattr`, functions of `eager`."""

import eager as xp
from support.programs import f64, i64, program


@program([f64(1.5)], [f64(-2.0)])
def told_from_tensors(x):
    def doubled(v):
        return v.sum() * 2 if hasattr(v, "shape") else v * 3

    return doubled(x), doubled(float(x)), doubled(int(x)), getattr(int(x), "shape", None), getattr(x, "shape", None)


@program([f64(1.5), i64(3)], [f64(-2.0), i64(-1)])
def attributes(x, n):
    a, k = float(x), int(n)
    return a.real, a.imag, a.conjugate(), a.is_integer(), k.real, k.imag, k.numerator, k.denominator, bool(x > 0).real


@program([f64(1.5), f64(-2.0)])
def of_complex(x, y):
    z = complex(x, y)
    return z, z.real, z.imag, z.conjugate(), abs(z), complex(x) * 1j, complex(int(y)), complex(2, x)


@program([f64(1.5)])
def an_attribute_that_numbers_lack(x):
    return int(x).shape


@program([f64(1.5)], [f64(-2.0)])
def lacks_it_on_some_paths(x):
    try:
        return x * 2 if x > 0 else int(x).sum()
    except AttributeError as error:
        print(error)
        return None


@program([f64(1.5)], grad=(0,))
def made_tensors(x):
    n, a = int(x * 2), float(x)
    t = xp.asarray(n)
    t += 1
    u = xp.asarray(a, dtype=xp.float32)
    v = xp.asarray(bool(x > 1))
    return t, u, v, t.shape, xp.asarray(a).dtype == xp.float64, x * xp.asarray(2.0)


@program([f64(1.5)], [f64(-2.5)])
def functions_of_eager(x):
    n = int(x * 2)
    return xp.equal(n, 3), xp.less(2, n), xp.relu(n), xp.leaky_relu(n), xp.isclose(n, 3), xp.allclose(n, 3)


@program([f64([1.5, 2.0]), i64(1)], [f64([1.5, 2.0]), i64(0)])
def lists_of_a_tensor(x, n):
    kept = x[:n].tolist()
    kept.append(1.0)
    return x.tolist(), kept, len(kept), x.sum().tolist()


@program([f64([[1.5], [2.0]])], [f64(1.5)], [f64([])])
def nested_lists_of_a_tensor(x):
    return x.tolist(), [x.tolist()]


@program([f64(1.5)], [f64(-1.0)])
def no_sequence(x):
    said = []
    n = int(x * 2)
    try:
        if x > 0:
            for _ in n:
                pass
        else:
            said.append(len(n))
    except TypeError as error:
        print(error)
    return said


@program([f64(1.5)], [f64(-1.0)])
def not_in_a_number(x):
    n = int(x)
    try:
        return x in n
    except TypeError as error:
        print(error)
        return None


@program([f64(1.5)], [f64(-1.0)])
def no_matrix_product(x):
    n = int(x)
    try:
        return n @ 2
    except TypeError as error:
        print(error)
        return None


@program([f64(0.5)], [f64(-1.0)])
def bools_as_places(x):
    names = [5.0, 6.0, 7.0]
    flag = bool(x > 0)
    return names[flag], names[flag:], [x, x * 2][flag]
