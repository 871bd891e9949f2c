import pytest

from core.search.importance import FEWEST, importances

OPTIONS = {"tip": ("none", "simple", "creative"), "summary": (True, False)}


def tried(count, score):
    settings = [
        {"tip": OPTIONS["tip"][i % 3], "summary": OPTIONS["summary"][i // 3 % 2]}
        for i in range(count)
    ]
    return [(each, score(each)) for each in settings]


def test_the_setting_that_decides_explains_most_of_the_spread():
    found = importances(OPTIONS, tried(30, lambda each: 0.9 if each["tip"] == "simple" else 0.3))
    assert list(found) == ["tip", "summary"]
    assert found["tip"] > 0.9
    assert sum(found.values()) == pytest.approx(1.0)


def test_the_same_trials_say_the_same():
    trials = tried(20, lambda each: 0.2 + 0.3 * each["summary"])
    assert importances(OPTIONS, trials) == importances(OPTIONS, trials)


def test_too_few_trials_or_equal_scores_say_nothing():
    assert importances(OPTIONS, tried(FEWEST - 1, lambda each: float(each["summary"]))) == {}
    assert importances(OPTIONS, tried(30, lambda each: 0.5)) == {}
