import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import ConfigError
from dashboard import starting
from dashboard.starting import may_start_again, started_once


@pytest.fixture
def tab(monkeypatch):
    """Names of tabs; the last one is this one."""
    tabs = [f"tab of {threading.get_ident()}"]
    monkeypatch.setattr(starting.session, "tab", lambda: tabs[-1])
    monkeypatch.setattr(starting, "_STARTS", {})
    return tabs


@pytest.fixture
def runs():
    """Starts runs and keeps their ids."""

    class Runs(list):
        def start(self):
            self.append(f"run {len(self)}")
            return self[-1]

    return Runs()


def test_the_second_half_of_a_double_click_means_the_run_of_the_first(tab, runs):
    assert [started_once("demo", runs.start) for _ in range(3)] == ["run 0"] * 3
    assert runs == ["run 0"]


def test_clicks_that_are_handled_at_the_same_time_start_one_run(tab, runs):
    under_way, go_on = threading.Event(), threading.Event()

    def slowly():
        under_way.set()
        assert go_on.wait(10)
        return runs.start()

    with ThreadPoolExecutor(3) as clicks:
        first = clicks.submit(started_once, "demo", slowly)
        assert under_way.wait(10)
        others = [clicks.submit(started_once, "demo", runs.start) for _ in range(2)]
        go_on.set()
        assert {each.result() for each in (first, *others)} == {"run 0"}
    assert runs == ["run 0"]


def test_another_button_and_another_tab_start_runs_of_their_own(tab, runs):
    assert started_once("demo", runs.start) == "run 0"
    assert started_once("own", runs.start) == "run 1"
    tab.append("another")
    assert started_once("demo", runs.start) == "run 2"


def test_who_comes_back_to_the_button_can_start_another_run_at_once(tab, runs):
    assert started_once("demo", runs.start) == "run 0"
    may_start_again("demo")
    assert started_once("demo", runs.start) == "run 1"


def test_a_start_that_fails_can_be_tried_again_at_once(tab, runs):
    def failing():
        raise ConfigError("not today")

    with pytest.raises(ConfigError, match="not today"):
        started_once("demo", failing)
    assert started_once("demo", runs.start) == "run 0"


def test_a_start_is_not_remembered_for_ever(tab, runs, monkeypatch):
    started_once("demo", runs.start)
    monkeypatch.setattr(starting, "KEPT", -1.0)
    may_start_again("another")
    assert not starting._STARTS
