"""Objects of plain classes that the code makes in branches, loops and `try`: values, as dataclass instances are."""

import copy

import eager as xp
from support.programs import f64, i64, program

UP, DOWN = [f64(1.5), f64(0.5)], [f64(-1.5), f64(0.5)]
FEW, NONE = [f64(1.5), i64(3)], [f64(1.5), i64(0)]
IN_PLACE = "what is changed in place may be another object of before"


class Point:
    def __init__(self, a, b=1.0):
        self.a = a
        self.b = b

    @classmethod
    def between(cls, a, b):
        return cls((a + b) / 2)

    def __add__(self, other):
        return Point(self.a + other.a, self.b * other.b)

    @property
    def size(self):
        return self.a * self.a + self.b

    def move(self, by):
        if by > 0:
            self.a = self.a + by
        return self


class Far(Point):
    def __init__(self, a):
        super().__init__(a * 10.0)
        self.name = "far"


class Slotted:
    __slots__ = ("__hidden", "a")

    def __init__(self, a):
        self.a = a
        self.__hidden = a * 2.0

    def both(self):
        return self.a + self.__hidden


class Noted:
    """Notes what is stored, and computes one attribute."""

    def __init__(self, a):
        self.a = a

    def __setattr__(self, name, value):
        super().__setattr__(name, value * 2.0)

    @property
    def half(self):
        return self.a / 2.0


class Holder:
    def __init__(self, point):
        self.point = point
        self.seen = []


@program(UP, DOWN, grad=(0, 1))
def made_in_both_branches(x, y):
    if x > 0:
        point = Point(x * 2.0)
    else:
        point = Point(y, x * 3.0)
    return point.size, point.a * point.b


@program(UP, DOWN, grad=(0, 1))
def made_in_one_branch(x, y):
    if x > 0:
        point = Point(y * 0.5)
    return point.a * 2.0


@program(UP, DOWN, grad=(0, 1))
def none_before(x, y):
    point = None
    if x > 0:
        point = Point.between(x, y)
    if point is None:
        return y
    return point.a * 2.0


@program(UP, DOWN, grad=(0, 1))
def the_other_branch_raises(x, y):
    if x > 0:
        raise ValueError("large")
    else:
        point = Point(y * 3.0)
    return point.size


@program(FEW, NONE, grad=0)
def made_in_each_trip(x, n):
    for t in range(n):
        point = Point(x * t)
    return point.a * 2.0


@program(FEW, NONE, grad=0, adapts=True)
def replaced_in_a_loop(x, n):
    point = Point(x)
    while point.a < n * 2.0:
        point = Point(point.a + 2.0, point.b * x)
    return point.a, point.b


@program(FEW, NONE, grad=0, adapts=True)
def sum_of_objects(x, n):
    total = Point(x * 0.0, 1.0)
    for t in range(n):
        total = total + Point(x * t, x)
        if total.a > 2.0:
            total = Point(total.a - 1.0, total.b)
    return total.size


@program(FEW, NONE, grad=0)
def swapped_and_changed_after(x, n):
    a, b = Point(x), Point(x + 1.0)
    for _ in range(n):
        a, b = b, a
    a.a = a.a + 10.0
    return a.a, b.a


@program(UP, DOWN, grad=(0, 1))
def changed_by_a_method_after(x, y):
    if x > 0:
        point = Point(x)
    else:
        point = Point(y, 2.0)
    point.move(y)
    point.b = point.b * 3.0
    return point.size


@program(UP, DOWN, grad=(0, 1))
def older_object_keeps_its_names(x, y):
    point = Point(x)
    same = point
    chosen = None
    if y > 0:
        chosen = point
        chosen.a = x * 3.0
    if chosen is not None:
        chosen.a = chosen.a + y
    return same.a


@program(UP, DOWN, grad=(0, 1))
def older_object_where_the_other_branch_raises(x, y):
    point = Point(x)
    if x > 0:
        raise ValueError("large")
    else:
        other = point
    other.a = y * 3.0
    return point.a


@program(FEW, NONE, grad=0)
def older_object_bound_in_a_loop(x, n):
    point = Point(x)
    for t in range(n):
        same = point
        same.a = same.a * x + t
    return point.a


@program(UP, DOWN, grad=(0, 1))
def attribute_that_is_an_object(x, y):
    holder = Holder(Point(x))
    if x > 0:
        holder.point.a = x * 5.0
    else:
        holder.point = Point(y * 2.0)
    return holder.point.a


@program(UP, DOWN, grad=(0, 1))
def objects_in_containers(x, y):
    if x > 0:
        found = [Point(x), {"p": Point(y)}]
    else:
        found = [Point(y), {"p": Point(x * 2.0)}]
    return found[0].a + found[1]["p"].a * 3.0


@program(UP, DOWN, grad=(0, 1))
def object_with_a_list(x, y):
    if x > 0:
        holder = Holder(Point(x))
        holder.seen.append(y)
    else:
        holder = Holder(Point(y))
    holder.seen.append(x)
    return xp.sum(xp.stack(holder.seen)) * holder.point.a


@program(UP, DOWN, grad=(0, 1))
def derived_classes(x, y):
    if x > 0:
        far = Far(x)
    else:
        far = Far(y)
    return far.size, far.name


@program(UP, DOWN, grad=(0, 1))
def slots(x, y):
    if x > 0:
        found = Slotted(x)
    else:
        found = Slotted(y)
    return found.both()


@program(UP, DOWN, grad=(0, 1))
def own_setattr(x, y):
    if x > 0:
        found = Noted(x)
    else:
        found = Noted(y)
    found.a = found.half
    return found.a


@program(UP, DOWN, grad=(0, 1))
def made_in_a_callee(x, y):
    def made(v):
        if v > 0:
            return Point(v)
        return Point(y, v)

    return made(x).size + made(y * x).a


@program(UP, DOWN, grad=(0, 1))
def made_in_a_try(x, y):
    try:
        point = Point(y)
        if x > 0:
            raise ValueError("large")
        point = Point(y * 3.0)
    except ValueError:
        point.b = point.b + 1.0
    return point.size


@program([f64([1.0, -2.0, 3.0])], [f64([-1.0, 2.0, 0.5])], grad=0)
def made_in_a_comprehension(v):
    points = [Point(e) if e > 0 else Point(e * 2.0, e) for e in v]
    return sum(p.size for p in points)


@program(FEW, NONE, grad=0)
def elements_of_a_list(x, n):
    points = []
    for t in range(n):
        points.append(Point(x * t, x))
    total = x
    for point in points:
        total = total + point.size
    return total


@program(UP, DOWN)
def returned(x, y):
    if x > 0:
        point = Point(x)
    else:
        point = Point(y)
    return vars(point)


@program(UP, DOWN, grad=(0, 1))
def copied(x, y):
    point = Point(x, y)
    other = copy.copy(point)
    if x > 0:
        other = copy.copy(other)
        other.a = y
    return point.a, other.a * other.b


@program(UP, DOWN, grad=(0, 1))
def read_by_a_closure(x, y):
    point = Point(x)

    def seen():
        return point.a

    if x > 0:
        point = Point(y)
    return seen() * 2.0


@program(UP, DOWN, grad=(0, 1))
def attribute_set_on_some_paths(x, y):
    point = Point(x)
    if x > 0:
        point.extra = y
    if x > 0:
        point.a = point.extra * 2.0
    return point.a


@program(FEW, NONE, refused=IN_PLACE)
def changed_then_replaced(x, n):
    point = first = Point(x)
    for _ in range(n):
        point.a = point.a + 1.0
        point = Point(point.a * x)
    return point.a, first.a


@program(UP, DOWN, refused=IN_PLACE)
def one_of_two_is_changed(x, y):
    a, b = Point(x), Point(y)
    chosen = a if x > 0 else b
    chosen.a = chosen.a + 1.0
    return a.a, b.a, chosen.a
