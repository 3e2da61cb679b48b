"""`try`: exceptions of Python and those that a run raises; `raise` of any class, `from`, and again."""

import math

import eager as xp
from support.programs import f64, i64, program


class OutOfRangeError(ValueError):
    def __init__(self, value, limit):
        super().__init__(f"out of range: {limit}")
        self.limit = limit


class PlainError(Exception):
    pass


def checked(v):
    if v < 0:
        raise OutOfRangeError(v, 0)
    if v > 10:
        raise KeyError("big")
    return v * 2


@program([f64(1.0)], [f64(-1.0)], grad=0)
def raised_in_the_body(x):
    try:
        y = x * 3
        if x > 0:
            raise ValueError(f"bad {x}")
        y = y + 1
    except ValueError as e:
        print("caught", e)
        y = y * x
    return y


@program([f64(2.0)], [f64(-2.0)], [f64(20.0)], [3], [-3], grad=0)
def raised_in_a_called_function(x):
    try:
        y = checked(x)
    except OutOfRangeError as e:
        print("range", e)
        y = x * x
    except LookupError as e:
        print("lookup", e)
        y = x + 1
    else:
        print("fine")
        y = y + 100
    return y


@program([f64(2.0)], [f64(-2.0)], [f64(20.0)], grad=0)
def return_in_every_part(x):
    try:
        return checked(x)
    except KeyError:
        return x * 5
    except (TypeError, ValueError):
        return -x * 7


@program([f64([1.0, -1.0, 3.0])], [f64([1.0, -1.0, 30.0, 4.0])], [f64([])], [f64([-5.0])], grad=0, adapts=True)
def in_a_loop(x):
    total = 0.0
    bad = 0
    for v in x:
        try:
            w = checked(v)
        except OutOfRangeError:
            bad += 1
            continue
        except KeyError as e:
            print("key", e)
            break
        total = total + w * v
    return total, bad


@program([f64([1.0, -1.0, 3.0])], [f64([])], grad=0, adapts=True)
def around_a_loop(x):
    try:
        total = 0.0
        for v in x:
            assert v > 0, "negative"
            total = total + v
    except AssertionError as e:
        print(e)
        total = xp.sum(x) * 10
    return total


@program([f64([1.0, 2.0]), i64(1)], [f64([1.0, 2.0]), i64(5)], [f64([1.0, 2.0]), i64(-3)], grad=0, traceable=False)
def index_out_of_range(x, i):
    try:
        v = x[i]
    except IndexError:
        v = x[0] * 100
    return v


@program([i64(7), i64(2)], [i64(7), i64(0)], [7, 0])
def division_by_zero(n, m):
    try:
        return int(n) // int(m)
    except ZeroDivisionError as e:
        print(f"got {e}")
        return -1


@program([f64(4.0)], [f64(-4.0)], [4.0], [-4.0])
def domain_error(x):
    try:
        y = math.sqrt(float(x))
    except ValueError:
        y = -1.0
    return y


@program([f64([1.0, 2.0])], [f64([1.0])], [f64([])])
def lists_in_the_graph(x):
    stack = []
    for v in x:
        stack.append(v)
        if v > 1:
            stack.append(v * 2)
    try:
        last = stack.pop()
        last = last * 10 + stack.pop()
    except IndexError as e:
        print(e)
        last = xp.asarray(-1.0)
    return last, len(stack)


@program([f64([1.0, 2.0]), 1], [f64([1.0, 2.0]), 9])
def popped_in_a_loop(x, n):
    stack = []
    for v in x:
        stack.append(v)
        if v > 1:
            stack.append(v * 2)
    try:
        for _ in range(n):
            stack.pop()
    except IndexError:
        return -1
    return len(stack)


@program([{"k": 1.0}, f64(2.0)], [{}, f64(2.0)])
def python_exceptions(d, x):
    try:
        y = d["k"] + x
    except KeyError as e:
        print("no", e)
        y = x
    try:
        z = y.no_such_thing
    except AttributeError:
        z = y * 2
    return z, isinstance(d.get("k"), float)


@program([f64(1.0)], [f64(-1.0)])
def finally_runs(x):
    try:
        print("body")
        if x > 0:
            raise ValueError("positive")
        return x
    finally:
        print("finally", x)


@program([f64(2.0)], [f64(-2.0)], [f64(20.0)])
def again_and_from(x):
    try:
        try:
            y = checked(x)
        except KeyError:
            print("again")
            raise
        except ValueError as e:
            raise PlainError("outer") from e
        finally:
            print("inner finally")
    except LookupError:
        return x * 0 - 5, True
    return y, False


@program([f64(2.0)], [f64(20.0)], refused="the text of an exception of the graph is known only when the graph runs")
def text_of_what_is_caught(x):
    try:
        y = checked(x)
    except KeyError as e:
        return x * 0 - 5, e.args[0] == "big"
    return y, False


@program([f64(2.0)], [f64(-2.0)], [f64(7.0)], [f64(20.0)])
def what_was_bound_before(x):
    n = 0
    try:
        n = n + 1
        checked(x)
        n = n + 1
        checked(x - 5)
        n = n + 1
    except ValueError:
        return n
    return n * 100


@program([f64(2.0)], [f64(-2.0)], [f64(-7.0)], [f64(20.0)])
def jumps_and_finally(x):
    for i in range(5):
        try:
            if x > i:
                continue
            if i == 3:
                break
            if x < -3:
                return -x
        finally:
            x = x + 1
    return x


@program([f64(1.0)], [f64(-1.0)], [f64(0.0)])
def user_defined(x):
    if x > 0:
        raise OutOfRangeError(x, 3)
    if x == 0:
        raise PlainError
    return x


@program([f64(1.0)], [f64(-1.0)])
def two_arguments(x):
    if x > 0:
        raise ValueError("x", 2)
    return x


@program([f64(1.0)], [f64(-1.0)])
def unmatched(x):
    try:
        if x > 0:
            raise PlainError("through")
    except ValueError:
        x = x * 0
    return x


@program([f64(1.0)], [f64(-1.0)])
def bare_except(x):
    try:
        if x > 0:
            raise KeyError
        y = int("no number")
    except ValueError:
        y = 3
    except:  # noqa: E722
        y = 4
    return y


@program([f64([1.0, 2.0, -1.0, 5.0])], [f64([])], grad=0)
def nested_in_loops(x):
    total = xp.asarray(0.0)
    for v in x:
        try:
            for i in range(3):
                try:
                    if v < i:
                        raise ValueError("small")
                    total = total + v * i
                except ValueError:
                    total = total + 1
                    break
            if v > 4:
                raise KeyError("large")
        except KeyError:
            total = total * 2
    return total


@program([f64(1.0)], [f64(-1.0)])
def name_of_the_exception_is_gone(x):
    try:
        if x > 0:
            raise ValueError("v")
        e = 1
    except ValueError as e:
        print(e)
    return e


@program([f64([3.0, -1.0])], [f64([3.0, 1.0])], [f64([])])
def changes_before_it_are_kept(x):
    seen = []
    y = x * 1
    for v in x:
        try:
            y[0] = y[0] + 1
            seen.append(v)
            if v < 0:
                raise ValueError("negative")
            seen.append(v * 2)
        except ValueError:
            seen.append(v - 100)
    return seen, y


@program([f64(2.0), {}], [f64(-2.0), {"a": 1}])
def what_a_finally_did_before_it_failed(x, d):
    try:
        try:
            y = x + 1
        finally:
            d["seen"] = x
            y = d["a"]
    except KeyError:
        y = x * 10
    return y, d


@program([f64(0.0)], [f64(1.0)], [f64(5.0)], grad=0)
def return_in_finally(x):
    try:
        x = x * x
        if x > 2:
            raise KeyError("large")
        return x * 100
    except KeyError:
        raise ValueError("dropped")
    finally:
        if x > 0.5:
            return x * 3
        else:
            return x


@program([f64([1.0, 2.0, 3.0])], [f64([3.0, -1.0])], [f64([])], grad=0, adapts=True)
def continue_and_break_in_finally(x):
    total = 0.0
    for v in x:
        try:
            total = total + v
            if total > 2:
                return total
        finally:
            print("so far", total)
            continue
    while True:
        try:
            total = total * 2
            assert total < 10
        finally:
            break
    return total


@program([f64(2.0), i64(0)], [f64(2.0), i64(1)], grad=0)
def finally_sees_the_steps_before(x, n):
    out = [x]
    y = x
    try:
        y = x * 3.0
        y = y + out[n]
        y = y * 4.0
    finally:
        print(y)
    return y, out


class RemarkableError(ValueError):
    pass


@program([f64(0.5)], [f64(-0.5)])
def several_arguments_behind_a_finally(x):
    try:
        try:
            raise RemarkableError("remarkable", 3)
        finally:
            assert x > 0
    except RemarkableError as error:
        print(error.args, error, repr(error))
    return x


@program([f64(0.5)], [f64(-0.5)])
def a_check_in_finally_comes_first(x):
    try:
        raise RemarkableError("remarkable")
    finally:
        assert x > 0, "not positive"


@program([f64(2.0)], [f64(-2.0)], grad=0)
def else_reads_what_the_body_bound(x):
    try:
        y = x * 2
        z = y + 1
    except LookupError:
        pass
    else:
        print(y)
        z += y
        for i in range(2):
            z = z + i * y
        x = z
    return x
