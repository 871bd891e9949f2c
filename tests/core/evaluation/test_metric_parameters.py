import json
import sys

import dspy
import pytest

from core.errors import ConfigError, MetricError
from core.evaluation.metric_parameters import judges, with_judge
from core.evaluation.metrics import METRIC_KINDS, Verdict, fitting_metric, metric
from core.export.bundling import definition
from core.lm.connection import LMConfig


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module of people's own; gives back its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        name = f"own_{tmp_path.name.replace('-', '_')}"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        sys.modules.pop(name, None)
        return name

    return write


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("regex", {"pattern": "("}, "metric 'regex', pattern: this is no regular expression: "),
        ("number", {"relative": -1}, "metric 'number', relative: "),
        ("exact_match", {"relative": 1}, "metric 'exact_match', relative: Extra inputs"),
        ("recall", {"first": 0}, "metric 'recall', first: "),
        ("judge", {}, "metric 'judge', model: Field required"),
        ("own", {}, "metric 'own', function: Field required"),
        ("weighted", {"parts": []}, "metric 'weighted', parts: "),
        ("weighted", {"parts": [{"metric": "no such"}]}, "no metric is called 'no such'"),
        ("weighted", {"parts": [{"metric": "f1"}, {"metric": "f1"}]}, "two parts are called 'f1'"),
        ("weighted", {"parts": [{"metric": "weighted"}]}, "a mix holds no other mix"),
    ],
)
def test_what_cannot_be_set_is_refused_before_any_run(name, parameters, message):
    with pytest.raises(ConfigError) as caught:
        metric(name, parameters)
    assert message in str(caught.value)


def test_parameters_change_the_score():
    assert metric("number").score({"a": 100}, {"a": "101"}) == 0.0
    assert metric("number", {"relative": 0.02}).score({"a": 100}, {"a": "101"}) == 1.0
    labels = {"labels": ["spam", "ham"], "aliases": {"junk": "spam"}}
    assert metric("label", labels).score({"a": "spam"}, {"a": "surely junk"}) == 1.0


def test_parameters_survive_json():
    parameters = {"parts": [{"metric": "f1", "weight": 2.0, "fields": ["answer"]}]}
    again = json.loads(json.dumps(parameters))
    assert metric("weighted", again).score({"answer": "x"}, {"answer": "x"}) == 1.0


def test_a_mix_is_the_weighted_mean_and_shows_its_parts():
    parts = [
        {"metric": "exact_match", "weight": 3, "fields": ["answer"]},
        {"metric": "contains", "name": "sources", "fields": ["source"]},
    ]
    mixed = metric("weighted", {"parts": parts})
    verdict = mixed.verdict({"answer": "a", "source": "x"}, {"answer": "a", "source": "y"})
    assert verdict == Verdict(score=0.75, parts={"exact_match": 1.0, "sources": 0.0})
    assert mixed.fields == ("answer", "source")


def test_a_metric_names_the_field_that_no_column_feeds():
    with pytest.raises(ConfigError, match="reads the output field 'category'"):
        fitting_metric("conditional", {}, ["answer"])
    assert fitting_metric("conditional", {"category": "kind"}, ["answer", "kind"])


def test_a_function_of_ones_own_is_called_as_dspy_calls_metrics(module):
    name = module(
        "import dspy\n"
        "def score(example, prediction, trace=None):\n"
        "    assert example.inputs().question == 'Who?'\n"
        "    return dspy.Prediction(score=float(example.answer == prediction.answer))\n"
        "def doubled(example, prediction):\n"
        "    return 2.0\n"
    )
    own = metric("own", {"function": f"{name}:score"})
    assert own.score({"answer": "Ada"}, {"answer": "Ada"}, {"question": "Who?"}) == 1.0
    with pytest.raises(MetricError, match=r"metric 'own' gave 2.0; a score is"):
        metric("own", {"function": f"{name}:doubled"}).score({"answer": "x"}, {})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "is no import path"),
        ("nowhere.at_all:score", "there is no module 'nowhere.at_all'"),
        ("os:system", "is a part of Python itself"),
        ("{}:other", "has no 'other'"),
        ("{}:one", "cannot be called as function(example, prediction)"),
        ("{}:NUMBER", "cannot be called as function(example, prediction)"),
    ],
)
def test_a_function_that_cannot_be_used_is_refused_before_the_run(module, path, message):
    name = module("NUMBER = 1\ndef one(example):\n    return 1\n")
    with pytest.raises(ConfigError) as caught:
        metric("own", {"function": path.format(name)})
    assert message in str(caught.value)


def test_an_error_in_a_module_of_ones_own_is_named_with_file_and_line(module):
    name = module("x = 1\nx.nothing\n")
    with pytest.raises(ConfigError, match=rf"{name}\.py, line 2 cannot be loaded: AttributeError"):
        metric("own", {"function": f"{name}:score"})


@pytest.mark.parametrize("name", METRIC_KINDS)
def test_every_kind_says_what_it_is(name):
    kind = METRIC_KINDS[name]
    assert kind.title
    assert kind.description.endswith(".")


@pytest.mark.parametrize("name", [n for n, k in METRIC_KINDS.items() if not k.needs_parameters])
def test_field_scores_can_be_taken_home_without_this_project(name):
    score = metric(name).field_score
    if score is None:
        pytest.skip("scores examples as a whole")
    imports, code = definition(score.__module__, score.__name__)
    scope: dict = {}
    exec("\n".join([*imports, code]), scope)
    assert scope[score.__name__]("3", "3") == 1.0


def test_the_metrics_of_a_prediction_that_lacks_the_field_are_zero_and_no_error():
    for name, kind in METRIC_KINDS.items():
        if not kind.needs_parameters and name != "conditional":
            assert metric(name).score({"answer": "x"}, dspy.Prediction()) == 0.0


def test_the_judges_of_a_metric_are_known_without_making_it():
    judge = {"metric": "judge", "parameters": {"model": {"model": "m", "retries": 1}}}
    own = {"metric": "own", "parameters": {"function": "no:x"}}
    mix = {"parts": [{"metric": "f1"}, judge, own]}
    assert [each.label for each in judges("weighted", mix)] == ["m"]
    assert judges("judge", {"model": {}})[0].is_offline
    assert judges("judge", {}) == judges("f1", {}) == judges("weighted", {"parts": "no"}) == ()
    offline = with_judge("weighted", mix, LMConfig())
    assert [each.is_offline for each in judges("weighted", offline)] == [True]
    assert judges("weighted", mix)[0].label == "m"


def test_what_holds_anyway_is_not_kept_in_settings():
    kind = METRIC_KINDS["number"]
    assert kind.plain({"relative": 1e-6, "absolute": 0.5}) == {"absolute": 0.5}
    assert METRIC_KINDS["judge"].plain({"model": {"model": "m"}, "best_mark": 10}) == {
        "model": {"model": "m"}
    }
    assert kind.plain({"relative": -1}) == {"relative": -1}
