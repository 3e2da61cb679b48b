"""What `except` sees: the first handler that fits, and the text and arguments that eager code gives."""

import math

import eager as xp
from support.programs import f64, i64, program


class BothError(ValueError, KeyError):
    pass


ROWS = f64([1.0, 2.0, 3.0])
INDICES = ([ROWS, i64(1)], [ROWS, i64(3)], [ROWS, i64(-4)])


@program([f64([1.0, 2.0, 3.0]), f64(2.0)], [f64([]), f64(2.0)], grad=0)
def the_base_class_before_its_own(v, y):
    out = [y]
    seen = 0
    for row in v:
        try:
            out.pop()
        except LookupError:
            seen = seen + 1
        except IndexError:
            y = y * 100
    return y, seen


@program([f64(3.0)], [f64(0.5)], [f64(-3.0)], grad=0)
def of_two_classes(x):
    try:
        if x > 2:
            raise BothError("both")
        if x < -2:
            raise ValueError("one")
    except KeyError:
        x = x * 2
    except ValueError:
        x = x * 3
    return x


@program([f64(3.0)], [f64(0.5)], [f64(-3.0)], grad=0)
def derived_before_its_base_in_a_tuple(x):
    try:
        if x > 2:
            raise IndexError("index")
        if x < -2:
            raise KeyError("key")
    except (LookupError, IndexError) as error:
        x = x * (2 if isinstance(error, LookupError) else 3)
    return x


@program(*INDICES, grad=0, traceable=False)
def text_of_an_index(v, i):
    try:
        return v[i] * 2
    except IndexError as error:
        print(error, str(error), f"<{error}>")
        return v[0]


@program(*INDICES, grad=0, traceable=False)
def arguments_of_an_index(v, i):
    try:
        v = v * 2
        v[i] = v[0]
    except IndexError as error:
        print(error.args)
        print(error.args[0], [error.args[0]])
    return v


@program([ROWS], [f64([1.0])], grad=0, traceable=False)
def text_of_an_index_known_before(v):
    try:
        return v[2] * 2
    except IndexError as error:
        print(error)
        return v[0]


@program([ROWS, i64(3)], [ROWS, i64(0)], [ROWS, i64(1)], grad=0, traceable=False)
def text_of_sizes_that_do_not_fit(v, n):
    try:
        v = v + v[: n - 1]
    except ValueError as error:
        print(error)
    try:
        v = v + v.reshape(n, n).sum()
    except ValueError as error:
        print(error)
    return v


@program([i64(0)], [i64(2)], [i64(-3)])
def text_of_numbers(n):
    k = int(n)
    for step in range(4):
        try:
            if step == 0:
                k = 12 // k
            elif step == 1:
                k = k + round(math.sqrt(k))
            elif step == 2:
                k = k + (1 << k)
            else:
                k = k + int((k - 2.0) ** -1.0)
        except (ValueError, ArithmeticError) as error:
            print(step, error, error.args)
    return k


@program([f64(1.0), i64(2)], [f64(-1.0), i64(3)], grad=0)
def arguments_of_every_kind(x, n):
    for step in range(5):
        try:
            if x > 0:
                if step == 0:
                    raise ValueError
                if step == 1:
                    raise ValueError("two", n)
                if step == 2:
                    raise KeyError(n)
                if step == 3:
                    raise IndexError(3)
                assert x > 9, "not 9"
        except Exception as error:
            print(error, error.args)
            x = x + 1
    return x


@program([f64(1.0), i64(2)], [f64(-1.0), i64(3)])
def raised_again_with_its_arguments(x, n):
    try:
        try:
            if x > 0:
                raise KeyError(n)
            raise KeyError("key")
        except ValueError:
            return x
    except KeyError as error:
        print(error, error.args)
        raise


@program([f64([1.0, 2.0, 3.0]), f64(-1.0)], [f64([1.0]), f64(1.0)], [f64([]), f64(-1.0)], grad=(0, 1))
def a_function_that_binds_a_name_of_the_handler(v, y):
    def add(k):
        nonlocal y
        y = y + k

    try:
        if y < 0:
            raise ArithmeticError("low")
    except ArithmeticError:
        if y:
            y = y * 2
        for row in v:
            add(row)
    return y


@program([f64([1.0, 2.0, 3.0]), i64(3)], [f64([1.0, 2.0]), i64(0)], grad=0, traceable=False)
def a_function_that_binds_a_name_of_the_steps(v, n):
    total = v.sum()

    def add(k):
        nonlocal total
        total = total + k

    try:
        total = total * 2
        add(v[0])
        total = total + v[n]
    except IndexError:
        add(v[0])
    except ValueError:
        total = total * 0
    finally:
        add(1.0)
    return total


@program([ROWS, f64([1.0, 2.0])], [ROWS, f64([1.0, 2.0, 3.0, 4.0])], [ROWS, ROWS])
def text_of_lengths(v, w):
    found = []
    try:
        found = list(zip(v, w, strict=True))
    except ValueError as error:
        print(error)
    return [a * b for a, b in found]


class FirstError(Exception):
    pass


class SecondError(Exception):
    pass


class DerivedError(FirstError, SecondError):
    def __repr__(self):
        return "derived!"


SIDES = ([f64(3.0)], [f64(0.5)], [f64(-3.0)])


@program(*SIDES, grad=0)
def isinstance_of_a_class_derived_from_both(x):
    try:
        if x > 2:
            raise DerivedError("both")
        if x < -2:
            raise FirstError("one")
        raise SecondError("two")
    except (FirstError, SecondError) as error:
        return x * (2 if isinstance(error, SecondError | KeyError) else 3)


@program(*SIDES, grad=0)
def the_very_class(x):
    y = x
    try:
        if x > 2:
            raise DerivedError("derived")
        if x < -2:
            raise FirstError("first")
        raise SecondError("second")
    except Exception as error:
        kind = type(error)
        if kind is FirstError:
            y = x * 2
        if kind == DerivedError and kind != FirstError:
            y = y + 3
        if kind not in (FirstError, DerivedError) and error.__class__ is not FirstError:
            y = y * 5
        if isinstance(error, (LookupError, ArithmeticError)):
            y = y * 7
    return y


@program(*SIDES)
def shown_with_its_class(x):
    try:
        if x > 2:
            raise DerivedError("derived")
        if x < -2:
            raise ValueError("value", 3)
        assert x > 2, f"{x} is small"
    except (FirstError, ValueError, AssertionError) as error:
        print(repr(error), type(error).__name__, error.__class__.__name__)
        print(f"{error!r} {type(error).__name__}: {error}", [error])
        print(f"{error!r:>40}|")
    return x


@program(*SIDES)
def raised_with_the_name_of_another(x):
    try:
        if x > 2:
            raise KeyError("key")
        assert x < 2
        int(x) // int(x * 0)
    except (LookupError, ArithmeticError) as error:
        raise RuntimeError(f"{type(error).__name__}: {error!r}") from error
    return x


ITEMS = ([ROWS, i64(1)], [ROWS, i64(3)], [ROWS, i64(4)], [ROWS, i64(0)])
ROOTS = ([f64([1.0, 2.0, 3.0])], [f64([1.0, -2.0, 3.0])], [f64([-1.0, 2.0])], [f64([])], [f64([3.0])])


def root(v):
    if v < 0:
        raise ValueError(f"no root of {v}")
    print("root of", v)
    return v**0.5


@program(*ROOTS, grad=0, traceable=False)
def by_a_sum_of_calls(x):
    try:
        total = sum(map(root, x))
    except ValueError as error:
        print(error)
        total = -1.0
    return total + x.sum()


@program(*ROOTS, grad=0, traceable=False)
def by_the_least_of_calls(x):
    least = x.sum()
    try:
        least = min(map(root, x))
    except ValueError as error:
        print(error)
    return least


@program(*ROOTS, grad=0, traceable=False)
def by_a_sum_of_calls_that_give_vectors(x):
    kept = []
    for v in x:
        kept.append(v)
    total = xp.zeros(2)
    if len(kept) > 0:
        try:
            total = sum(map(lambda v: xp.stack([v, root(v)]), kept))
        except ValueError as error:
            print(error)
    return total


@program(*ITEMS, traceable=False, refused="the calls change a list before one of them fails")
def by_the_least_of_calls_that_count(x, n):
    asked = []

    def item(k):
        asked.append(k)
        return x[k] * k

    least = x.sum()
    try:
        least = min(map(item, range(n)))
    except (IndexError, ValueError) as error:
        print(error)
    return least, len(asked)
