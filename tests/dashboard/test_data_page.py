"""The Data page as a visitor uses it."""

import pytest

from core.data.cleaning import Rename, Trim, recipe_of, steps_to_json
from core.data.leaks import LeakReport
from core.errors import ConfigError
from dashboard import data_sections, datasets, services
from dashboard.components.dataset_quality import looked_in_words
from tests.core.data.odd_files import archive, workbook
from tests.dashboard.conftest import button, iris_config, labels, texts

TICKETS = b"text,team\n" + b"".join(
    f"ticket number {n},{team}\n".encode() for n in range(10) for team in ("billing", "support")
)


def metrics(page):
    return {each.label: each.value for each in page.metric}


def mapping(page):
    """The lists of input and output columns."""
    return [each for each in page.multiselect if ".mapping." in each.key]


def chosen_id(page):
    return page.selectbox(key="data.stored").value


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
    inputs, outputs = mapping(page)
    assert inputs.value == ["petal_length", "petal_width", "sepal_length", "sepal_width"]
    assert outputs.value == ["answer"]
    assert any("have identical inputs" in each.value for each in page.caption)


def test_an_uploaded_file_is_stored_and_its_columns_are_suggested(open_page, store):
    page = upload(open_page("data"), "tickets.csv", TICKETS)
    assert not page.exception
    assert [(each.name, each.rows) for each in store.datasets()] == [("tickets.csv", 20)]
    assert [each.value for each in mapping(page)] == [["text"], ["team"]]
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
    mapping(page)[0].set_value(["petal_length", "answer"]).run()
    assert any("give the answer away" in each.value for each in page.caption)
    assert "Continue to program" not in labels(page)


def test_the_chosen_columns_and_shares_are_still_there_on_coming_back(open_page):
    page = button(open_page("data"), "Iris flowers").click().run()
    mapping(page)[0].set_value(["petal_length"]).run()
    page.number_input(key="data.split.seed").set_value(7).run()
    page.switch_page("views/home.py").run()
    page.switch_page("views/data.py").run()
    assert not page.exception
    assert mapping(page)[0].value == ["petal_length"]
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


def test_rows_with_gaps_are_left_out_by_one_button_near_the_top(open_page, store):
    rows = b"frage,antwort\n" + b"".join(f"q{n},{'' if n < 3 else n}\n".encode() for n in range(30))
    page = upload(open_page("data"), "gaps.csv", rows)
    assert "Use this data" not in labels(page)
    button(page, "Leave out the 3 rows that have a gap").click().run()
    assert not page.exception
    assert metrics(page)["Rows"] == "27"
    assert any(
        each.startswith("Given: frage\nTo answer: antwort\n11 / 11 / 5") for each in texts(page)
    )
    assert "Use this data" in labels(page)


class TestReading:
    SPANISH = "pregunta;respuesta\n" + "".join(f"¿Qué es {n}?;año {n}\n" for n in range(12))

    def read_as(self, page, name):
        return next(each for each in page.selectbox if each.key.endswith(f".{name}"))

    def test_what_was_detected_is_shown_and_a_guess_is_called_one(self, open_page, store):
        page = upload(open_page("data"), "es.csv", self.SPANISH.encode("cp1252"))
        assert not page.exception
        told = [each.value for each in page.caption]
        assert "Found: semicolon" in told
        assert "Found: Western European (Windows-1252)" in told
        assert any("which is a guess" in each.value for each in page.caption)
        assert store.dataset(chosen_id(page)).frame["pregunta"][0] == "¿Qué es 0?"

    def test_a_changed_setting_reads_the_file_again(self, open_page, store):
        page = upload(open_page("data"), "es.csv", self.SPANISH.encode("cp1252"))
        self.read_as(page, "encoding").set_value("cp1251").run()
        assert not page.exception
        assert store.dataset(chosen_id(page)).frame["pregunta"][0] == "їQuй es 0?"
        self.read_as(page, "header").set_value("0").run()
        assert mapping(page)[0].value == ["column 1"]

    def test_a_file_that_was_refused_can_be_read_another_way(self, open_page, store):
        page = upload(open_page("data"), "odd.csv", b"a;b\tc\n" + b"1;2\t3\n" * 9)
        assert any("may be separated by" in each for each in texts(page))
        self.read_as(page, "delimiter").set_value(";").run()
        assert not page.exception
        assert not any("may be separated by" in each for each in texts(page))
        assert list(store.dataset(chosen_id(page)).frame.columns) == ["a", "b\tc"]

    def test_a_sheet_is_chosen(self, open_page, store):
        rows = [["q", "a"], *([f"q{n}", "yes"] for n in range(9))]
        book = workbook({"First": [["x"], [1]], "Second": rows})
        page = upload(open_page("data"), "book.xlsx", book)
        self.read_as(page, "sheet").set_value("Second").run()
        assert not page.exception
        assert [each.value for each in mapping(page)] == [["q"], ["a"]]

    def test_pasted_rows_are_stored_and_chosen(self, open_page, store):
        page = open_page("data")
        page.text_area(key="data.paste.text").set_value(TICKETS.decode()).run()
        page.button(key="data.paste.read").click().run()
        assert not page.exception
        assert [(each.name, each.rows) for each in store.datasets()] == [("Pasted rows", 20)]

    def test_a_name_that_the_hub_cannot_have_is_refused(self, open_page):
        page = open_page("data")
        page.text_input(key="data.hub.name").set_value("../../etc").run()
        page.button(key="data.hub.fetch").click().run()
        assert not page.exception
        assert any("no name of a dataset on the hub" in each for each in texts(page))

    def test_of_a_big_file_a_sample_is_kept_and_the_whole_is_profiled(
        self, open_page, store, monkeypatch
    ):
        monkeypatch.setattr(datasets, "MAX_BYTES", 100)
        monkeypatch.setattr(data_sections, "MAX_BYTES", 100)
        monkeypatch.setattr(data_sections, "SAMPLE_ROWS", 10)
        page = upload(open_page("data"), "tickets.csv", TICKETS)
        (rows,) = [each for each in page.number_input if each.label == "Rows to draw"]
        rows.set_value(15).run()
        assert not page.exception
        assert store.dataset(chosen_id(page)).origin == (
            "15 of 20 rows of tickets.csv, drawn with seed 0"
        )
        assert any("The whole file: 20 rows" in each.label for each in page.expander)


class TestCleaning:
    ROWS = b"text,team\n" + b"".join(
        f" ticket {n} ,{team}\n".encode() for n in range(10) for team in ("billing", "Billing")
    )

    def step(self, page, kind):
        next(each for each in page.selectbox if each.label == "Step").set_value(kind).run()

    def test_steps_are_listed_with_their_rows_and_the_last_is_undone(self, open_page, store):
        page = upload(open_page("data"), "t.csv", self.ROWS)
        raw = chosen_id(page)
        button(page, "Do it").click().run()
        assert not page.exception
        assert "1. trim all columns · 20 rows" in texts(page)
        trimmed = chosen_id(page)
        self.step(page, "Drop repeated rows")
        columns = next(each for each in page.multiselect if each.key.endswith("rows.columns"))
        columns.set_value(["text"]).run()
        button(page, "Do it").click().run()
        assert "2. drop repeats of 'text' · 10 rows" in texts(page)
        assert metrics(page)["Rows"] == "10"
        assert {each.id for each in store.datasets()} == {raw, chosen_id(page)}
        button(page, "Undo the last step").click().run()
        assert chosen_id(page) == trimmed
        button(page, "Undo the last step").click().run()
        assert not page.exception
        assert chosen_id(page) == raw
        assert [each.id for each in store.datasets()] == [raw]

    def test_steps_are_done_again_from_a_file(self, open_page, store):
        page = upload(open_page("data"), "t.csv", self.ROWS)
        (box,) = [each for each in page.file_uploader if each.label == "Steps from a file"]
        steps = (Trim(), Rename(column="team", to="label"), Rename(column="label", to="desk"))
        box.upload("steps.json", steps_to_json(steps).encode()).run()
        button(page, "Do these steps").click().run()
        assert not page.exception
        assert recipe_of(store.dataset(chosen_id(page))).steps == steps
        assert [each.value for each in mapping(page)] == [["text"], ["desk"]]
        (box,) = [each for each in page.file_uploader if each.label == "Steps from a file"]
        box.upload("steps.json", b'[{"kind": "nothing"}]').run()
        button(page, "Do these steps").click().run()
        assert any("steps.json: step 1" in each for each in texts(page))

    def test_a_renamed_column_stays_chosen(self, open_page):
        page = upload(open_page("data"), "t.csv", self.ROWS)
        self.step(page, "Rename a column")
        next(each for each in page.text_input if (each.key or "").endswith(".to")).set_value(
            "ticket"
        ).run()
        button(page, "Do it").click().run()
        assert not page.exception
        assert [each.value for each in mapping(page)] == [["ticket"], ["team"]]
        button(page, "Undo the last step").click().run()
        assert [each.value for each in mapping(page)] == [["text"], ["team"]]

    def test_a_step_that_cannot_be_done_is_explained(self, open_page, store):
        page = upload(open_page("data"), "t.csv", self.ROWS)
        self.step(page, "Keep some rows only")
        next(each for each in page.text_input if (each.key or "").endswith(".value")).set_value(
            "nothing"
        ).run()
        button(page, "Do it").click().run()
        assert not page.exception
        assert any("no row would be left" in each for each in texts(page))
        assert len(store.datasets()) == 1

    def test_a_dataset_that_a_run_uses_outlives_further_steps(self, open_page, store):
        page = upload(open_page("data"), "t.csv", self.ROWS)
        button(page, "Do it").click().run()
        used = chosen_id(page)
        store.create(iris_config(store, dataset=used))
        self.step(page, "Drop repeated rows")
        button(page, "Do it").click().run()
        assert used in {each.id for each in store.datasets()}


class TestSplitting:
    def way(self, page, name):
        page.segmented_control(key="data.split.way").set_value(name).run()

    def test_exact_numbers_leave_the_rest_out(self, open_page):
        page = button(open_page("data"), "Iris flowers").click().run()
        self.way(page, "in exact numbers")
        for part, rows in (("trainset", 30), ("valset", 20), ("testset", 10)):
            page.number_input(key=f"data.split.{part}.rows").set_value(rows).run()
        assert not page.exception
        shown = metrics(page)
        assert (shown["Trainset"], shown["Valset"], shown["Testset"]) == ("30", "20", "10")
        assert any("90 rows are in no part" in each.value for each in page.caption)

    def test_groups_stay_together(self, open_page):
        rows = b"q,a,who\n" + b"".join(f"q{n},yes,p{n // 4}\n".encode() for n in range(40))
        page = upload(open_page("data"), "g.csv", rows)
        self.way(page, "by groups")
        page.selectbox(key="data.split.group_by").set_value("who").run()
        assert not page.exception
        assert metrics(page)["Trainset"] == "16"
        assert "Continue to program" in labels(page)

    def test_files_for_test_and_validation_are_added(self, open_page, store):
        page = upload(open_page("data"), "tickets.csv", TICKETS)
        (box,) = [each for each in page.file_uploader if each.label == "Test"]
        box.upload("held_out.csv", b"text,team\nnew 1,billing\nnew 2,support\n").run()
        button(page, "Add").click().run()
        assert not page.exception
        assert metrics(page)["Testset"] == "2"
        assert store.dataset(chosen_id(page)).frame["split"].tolist()[-2:] == ["test", "test"]

    def test_a_time_that_is_none_is_explained(self, open_page):
        page = button(open_page("data"), "Iris flowers").click().run()
        self.way(page, "by time")
        page.selectbox(key="data.split.order_by").set_value("answer").run()
        assert not page.exception
        assert any("neither a number nor a date" in each for each in texts(page))

    @pytest.mark.parametrize(
        ("compared", "words"),
        [
            (160, ""),
            (0, " Only the same words were looked for: the inputs of a row have fewer than 20 "),
            (40, " Nearly the same words were looked for in 40 of 160 rows; the others have fewer"),
        ],
    )
    def test_what_was_not_looked_at_for_near_repeats_is_said_with_its_reason(self, compared, words):
        said = looked_in_words(LeakReport(leaks=(), compared=compared, rows=160))
        assert said.startswith(words)
        assert bool(said) == bool(words)

    def test_near_repeats_across_parts_and_the_reach_of_the_examples_are_told(self, open_page):
        long = "please tell me how the invoice of last month was computed"
        rows = b"q,a,part\n" + b"".join(
            f"{long} {n}{n},yes,train\nanother question number {n} {n}{n},no,train\n".encode()
            for n in range(6)
        )
        rows += f"{long.title()} 11!,yes,test\nfine weather today it is,no,test\n".encode()
        page = upload(open_page("data"), "g.csv", rows)
        self.way(page, "as a column says")
        page.selectbox(key="data.split.part_column").set_value("part").run()
        mapping(page)[0].set_value(["q"]).run()
        assert not page.exception, texts(page)
        assert any("nearly repeat" in each.value for each in page.warning)
        assert any("one score is known to" in each.value for each in page.caption)


class TestCorpus:
    def test_a_corpus_is_stored_and_searched(self, open_page, store):
        page = open_page("data")
        documents = archive({"Lakes.md": b"# Tarn\nA tarn is a lake.\n\n# Dune\nSand.\n"})
        page.file_uploader(key="data.corpus.upload").upload("notes.zip", documents)
        page.run()
        assert not page.exception
        assert [(each.name, each.rows) for each in store.datasets()] == [("notes.zip", 2)]
        next(each for each in page.text_input if each.label == "Search it").set_value("lake").run()
        assert "Lakes: Tarn | A tarn is a lake." in texts(page)

    def test_a_file_without_passages_is_explained(self, open_page, store):
        page = open_page("data")
        page.file_uploader(key="data.corpus.upload").upload("a.txt", b" ")
        page.run()
        assert not page.exception
        assert any("there is no passage in it" in each for each in texts(page))
        assert store.datasets() == []
