"""A table that keeps no object alive."""

import gc
import threading

from dy2static.staging.objects.by_identity import ROOM, ByIdentity, let_go


class Thing:
    pass


def test_it_forgets_objects_that_are_gone() -> None:
    table, kept, gone = ByIdentity[str](), Thing(), Thing()
    table.note(kept, "kept")
    table.note(gone, "gone")
    identity = id(gone)
    assert (identity in table, table.get(identity), len(table)) == (True, "gone", 2)
    del gone
    assert (identity in table, table.get(identity), table.items()) == (False, None, [(kept, "kept")])


def test_the_latest_is_the_last() -> None:
    table, first, second = ByIdentity[int](), Thing(), Thing()
    for x, known in ((first, 1), (second, 2), (first, 3)):
        table.note(x, known)
    assert table.items() == [(second, 2), (first, 3)]
    assert list(table) == [id(second), id(first)]


def test_what_has_no_weak_references_stays_until_it_is_forgotten() -> None:
    table, held = ByIdentity[str](), {"a": 1}
    table.note(held, "a dict")
    assert table.items() == [({"a": 1}, "a dict")]
    table.forget(id(held))
    assert not table


def test_what_has_no_weak_references_is_gone_when_nothing_else_refers_to_it() -> None:
    table, other = ByIdentity[str](), ByIdentity[str]()
    inner = {"b": 1}
    outer = {"a": inner}
    for known in (table, other):
        known.note(outer, "outer")
        known.note(inner, "inner")
    identity = id(outer)
    del outer
    assert table.items() == [({"b": 1}, "inner")]
    del inner
    assert table.items() == [({"b": 1}, "inner")]  # `outer` holds it, and only the tables hold that
    assert identity in table
    let_go()
    assert table.items() == other.items() == []
    assert identity not in table
    assert table.get(identity) is None
    assert not table


def test_what_only_a_table_holds_does_not_pile_up() -> None:
    table, things = ByIdentity[int](), ByIdentity[int]()

    def note_many() -> None:
        for i in range(10 * ROOM):
            thing = Thing()
            pair = (thing, i)
            table.note(pair, i)
            things.note(thing, i)

    one = threading.Thread(target=note_many)  # where no other object is known yet
    one.start()
    one.join()
    assert len(things) <= ROOM


class Cycle:
    def __init__(self) -> None:
        self.itself = self


def test_what_is_collected_while_it_is_looked_through() -> None:
    table = ByIdentity[int]()
    thresholds = gc.get_threshold()
    gc.collect()
    gc.disable()
    try:
        for i in range(6000):
            table.note(Cycle(), i)
        gc.set_threshold(gc.get_count()[0] + 1500)
        gc.enable()
        assert len(list(table)) == 6000
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
    gc.collect()
    assert list(table) == []


def test_entries_of_objects_that_are_gone_do_not_pile_up() -> None:
    table, kept = ByIdentity[int](), [Thing() for _ in range(50)]
    for i in range(2000):
        table.note(Thing(), i)
        table.note(kept[i % 50], i)
    assert sorted(known for _, known in table.items()) == list(range(1950, 2000))
    assert len(vars(table)["_held"]) <= 200
