"""What every store of pipelines must do, as tests that run over each implementation."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import PipelineNotFound, ProgramError
from core.programs.pipeline.edits import changed_stage
from core.programs.pipeline.spec import PipelineSpec
from tests.pipelines import EQUAL, NASTY

HOPS = EQUAL["multi_hop_qa"]
SAVERS = 4


def told(text: str) -> PipelineSpec:
    """A pipeline that is another one for each text."""
    return changed_stage(HOPS, "generate_answer", instruction=text)


class PipelineStoreContract:
    """A store of pipelines."""

    def test_a_pipeline_comes_back_as_it_was_saved(self, store):
        before, spec = time.time(), told(NASTY)
        assert store.save_pipeline("Größe 2.1", spec, "Ada") == 1
        found = store.pipeline("Größe 2.1")
        assert (found.name, found.version, found.spec, found.by) == ("Größe 2.1", 1, spec, "Ada")
        assert before <= found.saved_at <= time.time()

    def test_every_change_is_a_version_and_the_same_again_is_none(self, store):
        texts = ("first", "second", "second", "first")
        assert [store.save_pipeline("it", told(text), "Ada") for text in texts] == [1, 2, 2, 3]
        assert [each.version for each in store.pipeline_versions("it")] == [3, 2, 1]
        assert store.pipeline("it").spec == told("first")
        assert store.pipeline("it", 2).spec == told("second")

    def test_the_newest_of_each_is_listed_by_name(self, store):
        assert store.pipelines() == []
        for name in ("b", "a", "B"):
            store.save_pipeline(name, told(name), "Ada")
        store.save_pipeline("a", told("changed"), "Bob")
        listed = [(each.name, each.version, each.by) for each in store.pipelines()]
        assert listed == [("B", 1, "Ada"), ("a", 2, "Bob"), ("b", 1, "Ada")]

    def test_one_that_is_half_finished_can_be_kept(self, store):
        spec = PipelineSpec(title="")
        assert store.pipeline("draft", store.save_pipeline("draft", spec, "Ada")).spec == spec

    def test_a_deleted_pipeline_is_gone_with_its_versions_and_begins_anew(self, store):
        for name in ("it", "other"):
            store.save_pipeline(name, told("first"), "Ada")
            store.save_pipeline(name, told("second"), "Ada")
        store.delete_pipeline("it")
        assert [each.name for each in store.pipelines()] == ["other"]
        with pytest.raises(PipelineNotFound, match="no pipeline 'it'"):
            store.pipeline("it")
        assert store.save_pipeline("it", told("third"), "Ada") == 1

    def test_nothing_is_saved_under_what_is_no_name(self, store):
        for name in ("", "a@1", "a/b", "\n", "x" * 61, NASTY, ".."):
            with pytest.raises(ProgramError, match="cannot be saved as"):
                store.save_pipeline(name, HOPS, "Ada")
        assert store.pipelines() == []

    def test_an_unknown_pipeline_is_named_in_the_error(self, store):
        store.save_pipeline("it", HOPS, "Ada")
        for use in (store.pipeline, store.pipeline_versions, store.delete_pipeline):
            with pytest.raises(PipelineNotFound, match="no pipeline 'nope'"):
                use("nope")
        with pytest.raises(PipelineNotFound, match="no version 2 of 'it'"):
            store.pipeline("it", 2)

    def test_all_who_save_at_once_get_a_version_of_their_own(self, store):
        together = threading.Barrier(SAVERS)

        def save(number):
            together.wait(timeout=10)
            return store.save_pipeline("it", told(str(number)), "Ada")

        with ThreadPoolExecutor(SAVERS) as threads:
            versions = list(threads.map(save, range(SAVERS)))
        assert sorted(versions) == list(range(1, SAVERS + 1))
        for number, version in enumerate(versions):
            assert store.pipeline("it", version).spec == told(str(number))
