"""Which members of users' classes change something, by their code."""

from typing import Any

import pytest

from dy2static.runtime.callables.changing import changes

LOG: list[int] = []


class Model:
    calls = 0
    log = LOG

    def kept(self) -> Any:
        if self._kept is None:
            self._kept = 3
        return self._kept

    def asked_for(self) -> Any:
        if not hasattr(self, "_asked"):
            self._asked = 3
        return self._asked

    def tried(self) -> Any:
        try:
            return self._tried
        except AttributeError:
            self._tried = 3
            return 3

    def pure(self) -> Any:
        return self.calls + 1

    def counts(self) -> Any:
        self.calls += 1
        return self.calls

    def kept_and_counted(self) -> Any:
        if self._count is None:
            self._count = 0
        self._count += 1
        return self._count

    def sets(self) -> Any:
        self._last = 3
        return 3

    def appends(self) -> Any:
        self.log.append(1)
        return 3

    def by_another(self) -> Any:
        return self.counts()


@pytest.mark.parametrize("name", ["kept", "asked_for", "tried", "pure"])
def test_what_is_kept_from_the_first_call_on_is_no_change(name: str) -> None:
    assert not changes(vars(Model)[name], Model)


@pytest.mark.parametrize("name", ["counts", "kept_and_counted", "sets", "appends", "by_another"])
def test_changes(name: str) -> None:
    assert changes(vars(Model)[name], Model)
