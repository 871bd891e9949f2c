"""The Data page as a visitor uses it."""

import pytest

from core.errors import ConfigError
from dashboard import services
from tests.dashboard.conftest import button, iris_config, labels, texts

TICKETS = b"text,team\n" + b"".join(
    f"ticket number {n},{team}\n".encode() for n in range(10) for team in ("billing", "support")
)


def metrics(page):
    return {each.label: each.value for each in page.metric}


def upload(page, name, content):
    page.file_uploader(key="data.upload").upload(name, content)
    return page.run()


def test_nothing_is_shown_before_a_dataset_is_chosen(open_page):
    page = open_page("data")
    assert not page.exception
    assert any("Choose a dataset above" in each.value for each in page.info)
    assert "Continue to program" not in labels(page)


def test_a_bundled_dataset_is_previewed_mapped_and_split(open_page, store):
    page = button(open_page("data"), "Iris flowers").click().run()
    assert not page.exception
    assert [each.name for each in store.datasets()] == ["Iris flowers"]
    shown = metrics(page)
    assert (shown["Rows"], shown["Trainset"], shown["Valset"], shown["Testset"]) == (
        "150",
        "60",
        "60",
        "30",
    )
    inputs, outputs = page.multiselect
    assert inputs.value == ["petal_length", "petal_width", "sepal_length", "sepal_width"]
    assert outputs.value == ["answer"]
    assert any("have identical inputs" in each.value for each in page.caption)


def test_an_uploaded_file_is_stored_and_its_columns_are_suggested(open_page, store):
    page = upload(open_page("data"), "tickets.csv", TICKETS)
    assert not page.exception
    assert [(each.name, each.rows) for each in store.datasets()] == [("tickets.csv", 20)]
    assert [each.value for each in page.multiselect] == [["text"], ["team"]]
    assert metrics(page)["Trainset"] == "8"


def test_a_bad_file_is_explained_as_text_and_changes_nothing(open_page, store):
    page = button(open_page("data"), "Iris flowers").click().run()
    upload(page, "![x](a.png).csv", b"a,b\n1,2\n3\n")
    assert not page.exception
    assert any("![x](a.png).csv" in each for each in texts(page))
    assert [each.name for each in store.datasets()] == ["Iris flowers"]
    assert metrics(page)["Rows"] == "150"


def test_shares_that_do_not_add_up_to_100_percent_stop_the_flow(open_page):
    page = button(open_page("data"), "Iris flowers").click().run()
    page.number_input(key="data.split.trainset").set_value(50).run()
    assert any("110 %, not 100 %" in each.value for each in page.caption)
    assert "Continue to program" not in labels(page)
    page.number_input(key="data.split.valset").set_value(30).run()
    assert metrics(page)["Trainset"] == "75"
    assert "Continue to program" in labels(page)


def test_a_column_that_is_input_and_output_stops_the_flow(open_page):
    page = button(open_page("data"), "Iris flowers").click().run()
    page.multiselect[0].set_value(["petal_length", "answer"]).run()
    assert any("give the answer away" in each.value for each in page.caption)
    assert "Continue to program" not in labels(page)


def test_the_chosen_columns_and_shares_are_still_there_on_coming_back(open_page):
    page = button(open_page("data"), "Iris flowers").click().run()
    page.multiselect[0].set_value(["petal_length"]).run()
    page.number_input(key="data.split.seed").set_value(7).run()
    page.switch_page("views/home.py").run()
    page.switch_page("views/data.py").run()
    assert not page.exception
    assert page.multiselect[0].value == ["petal_length"]
    assert page.number_input(key="data.split.seed").value == 7


def test_a_stored_dataset_can_be_opened_again(open_page, store):
    upload(open_page("data"), "tickets.csv", TICKETS)
    (kept,) = store.datasets()
    page = open_page("data")
    page.selectbox(key="data.stored").set_value(kept.id).run()
    assert not page.exception
    assert metrics(page)["Rows"] == "20"


def test_rows_that_contradict_each_other_are_reported(open_page):
    rows = (
        b"question,answer\n"
        + b"same,yes\nsame,no\n"
        + b"".join(f"other {n},yes\n".encode() for n in range(12))
    )
    page = upload(open_page("data"), "odd.csv", rows)
    assert any("2 rows in 1 group have identical inputs" in each.value for each in page.caption)
    assert any("2 rows contradict each other" in each.value for each in page.warning)


def test_too_few_rows_for_three_parts_are_explained(open_page):
    page = upload(open_page("data"), "small.csv", b"question,answer\na,b\nc,d\n")
    assert not page.exception
    assert any("rows" in each and "needed" in each for each in texts(page))
    assert "Continue to program" not in labels(page)


def test_a_dataset_that_a_waiting_run_needs_is_not_deleted(store):
    config = iris_config(store)
    run = store.create(config)
    with pytest.raises(ConfigError, match="Tiny run"):
        services.delete_dataset(config.dataset)
    store.delete(run)
    services.delete_dataset(config.dataset)
    assert store.datasets() == []


def test_deleting_asks_first(open_page, store):
    page = button(open_page("data"), "Iris flowers").click().run()
    button(page, "Delete it").click().run()
    assert not page.exception
    assert "Delete" in labels(page)
    assert len(store.datasets()) == 1
