"""Which functions the screen offers as a metric."""

import sys

from core.evaluation.metric_library import function_library
from core.evaluation.metrics import metric


def test_functions_of_the_samples_that_are_written_as_a_metric_are_offered(tmp_path, monkeypatch):
    import sample_programs

    source = (
        "from core.evaluation.field_scores import exact\n\n\n"
        "def close(example, pred, trace=None):\n    'Near enough.'\n    return 1.0\n\n\n"
        "def _hidden(example, prediction):\n    return 1.0\n\n\n"
        "def helper(text, other):\n    return text\n"
    )
    (tmp_path / "with_metric.py").write_text(source, encoding="utf-8")
    (tmp_path / "without_end.py").write_text("def broken(:\n", encoding="utf-8")
    monkeypatch.delenv("STUDIO_METRICS", raising=False)
    monkeypatch.setattr(sample_programs, "__path__", [*sample_programs.__path__, str(tmp_path)])
    library = function_library()
    assert library.functions == {"sample_programs.with_metric:close": "Near enough."}
    assert library.faults == {}
    sys.modules.pop("sample_programs.with_metric", None)


def test_a_function_that_is_listed_stands_first_and_any_other_can_still_be_named(
    tmp_path, monkeypatch
):
    (tmp_path / "mine_listed.py").write_text(
        "def score(gold, pred):\n    return 0.25\n\n\nNUMBER = 3\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("STUDIO_METRICS", "mine_listed:NUMBER, ,os:system,mine_listed:NUMBER")
    library = function_library()
    assert library.functions == {}
    assert (
        "cannot be called as function(example, prediction)" in library.faults["mine_listed:NUMBER"]
    )
    assert "is a part of Python itself" in library.faults["os:system"]
    # a run made by the command line stays what it is
    assert metric("own", {"function": "mine_listed:score"}).score({"a": 1}, {"a": 1}) == 0.25
    sys.modules.pop("mine_listed", None)
