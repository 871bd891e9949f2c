"""People's decisions: what they add up to, what is then permitted, how they are taken back."""

import pytest

from core.errors import ConfigError
from core.programs.candidate import NO_DEMOS, Candidate, Choice, ChoiceRef, instruction_id
from core.programs.predictors import PredictorInfo, SignatureField
from core.runs import authoring
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.choices import is_permitted, is_sound, open_choices, search_space
from core.runs.scores import best_candidate
from core.runs.state import RunState
from core.runs.store import Record
from core.runs.undo import undoing
from tests.scored_example import scored_example

NAMES = ("ask", "answer")
OWN = "Answer in one word. Never guess."


def info(name):
    return PredictorInfo(
        name=name,
        instruction=OWN,
        inputs=(SignatureField(name="question", description=""),),
        outputs=(SignatureField(name="answer", description=""),),
    )


class Log:
    """A run with two predictors, three instructions and two demo sets each."""

    def __init__(self):
        self.state, self.now = RunState(), 1.0
        predictors = tuple(map(info, NAMES))
        self.add(ev.RunStarted(worker="w", predictors=predictors, train=3, val=4, test=5))
        for name in NAMES:
            for index, text in enumerate((OWN, f"{OWN} Think.", "Be brief.")):
                self.add(
                    ev.InstructionProposed(
                        predictor=name, index=index, id=instruction_id(text), text=text
                    )
                )
            self.add(ev.DemoSetBuilt(predictor=name, id=NO_DEMOS, demos=(), source="none"))
            demos = ({"question": "1+1", "answer": "2"},)
            self.add(ev.DemoSetBuilt(predictor=name, id="d1", demos=demos, source="bootstrapped"))

    def add(self, *events):
        for event in events:
            self.now += 1
            record = Record(self.state.seq + 1, event.model_copy(update={"at": self.now}))
            self.state.fold([record])
        return self

    def decide(self, kind, **said):
        return self.add(kind(by="Ada", **said))

    def undo_last(self):
        seq, event = self.state.steering.decisions[-1]
        undone = undoing(event, seq, self.state.steering, by="Bob")
        self.add(*(undone or []))
        return undone

    def permits(self, ask=0, answer=0, ask_set=0, answer_set=0):
        return is_permitted(self.state, self.candidate(ask, answer, ask_set, answer_set))

    def candidate(self, ask=0, answer=0, ask_set=0, answer_set=0):
        space = search_space(self.state)
        return space.candidate((ask, ask_set, answer, answer_set))

    def open_now(self):
        """Every candidate that the search may choose."""
        space = search_space(self.state)
        return set(open_choices(self.state, space).every())


def instruction(number, name="ask"):
    ids = [instruction_id(text) for text in (OWN, f"{OWN} Think.", "Be brief.")]
    return ChoiceRef(predictor=name, part="instruction", id=ids[number])


def demo_set(id_, name="ask"):
    return ChoiceRef(predictor=name, part="demo_set", id=id_)


def test_nothing_is_ruled_out_at_first():
    assert len(Log().open_now()) == 3 * 2 * 3 * 2


def test_a_rejected_choice_is_in_no_permitted_candidate():
    log = Log().decide(de.ChoiceRejected, choice=instruction(1), reason="too vague")
    assert not log.permits(ask=1)
    assert log.permits(answer=1)
    assert len(log.open_now()) == 2 * 2 * 3 * 2
    assert log.state.steering.verdicts[instruction(1)].reason == "too vague"


def test_a_rejection_is_taken_back_by_restoring():
    log = Log().decide(de.ChoiceRejected, choice=instruction(1))
    log.undo_last()
    assert log.permits(ask=1)
    assert log.state.steering.decisions[-1][1].by == "Bob"


def test_a_decision_that_somebody_replaced_is_not_taken_back_any_more():
    log = Log().decide(de.ChoiceRejected, choice=instruction(1))
    seq, first = log.state.steering.decisions[-1]
    log.decide(de.ChoiceApproved, choice=instruction(1))
    assert undoing(first, seq, log.state.steering, by="Bob") == []


def test_a_frozen_part_is_the_only_one_chosen_until_it_is_released():
    log = Log().decide(de.ChoiceFrozen, choice=demo_set("d1"))
    assert {levels[1] for levels in log.open_now()} == {1}
    assert not log.permits()
    log.undo_last()
    assert log.permits()


def test_a_banned_combination_rules_out_just_itself():
    log = Log().decide(de.CombinationBanned, choices=(instruction(1), instruction(2, "answer")))
    assert not log.permits(ask=1, answer=2)
    assert log.permits(ask=1, answer=1)
    assert len(log.open_now()) == 36 - 2 * 2
    log.undo_last()
    assert log.permits(ask=1, answer=2)


def test_a_lock_rules_out_instructions_without_the_text():
    log = Log().decide(de.SpansLocked, predictor="ask", spans=("Never guess.",))
    assert log.permits(ask=1)
    assert not log.permits(ask=2)
    assert log.permits(answer=2)
    assert {levels[0] for levels in log.open_now()} == {0, 1}
    log.undo_last()
    assert log.permits(ask=2)


def test_a_person_may_queue_what_is_frozen_or_banned_out_but_not_what_is_rejected():
    log = Log().decide(de.ChoiceFrozen, choice=instruction(0))
    assert is_sound(log.state, log.candidate(ask=1))
    log.decide(de.ChoiceRejected, choice=instruction(1))
    assert not is_sound(log.state, log.candidate(ask=1))


def test_a_candidate_of_unknown_parts_cannot_be_queued():
    stranger = Candidate(
        choices={name: Choice(instruction="i?", demo_set=NO_DEMOS) for name in NAMES}
    )
    with pytest.raises(ConfigError, match="unknown"):
        authoring.queued_candidate(Log().state, stranger, by="Ada")


def test_what_is_ruled_out_does_not_lead():
    log = Log()
    good, fair = log.candidate(ask=1), log.candidate(ask=2)
    for number, (candidate, score) in enumerate([(good, 1.0), (fair, 0.5)]):
        log.add(
            ev.TrialStarted(
                number=number, purpose="full", candidate=candidate, examples=("1", "2", "3", "4")
            )
        )
        for example in "1234":
            log.add(scored_example(number, candidate.id, example, score))
        log.add(ev.TrialFinished(number=number, mean=score, n=4, failed=0))
    assert best_candidate(log.state) == good.id
    log.decide(de.ChoiceRejected, choice=instruction(1))
    assert best_candidate(log.state) == fair.id


def test_budget_changes_add_up_and_are_taken_back_one_by_one():
    log = Log().decide(de.BudgetChanged, max_calls=100)
    log.decide(de.BudgetChanged, concurrency=4, max_calls=200)
    assert (log.state.steering.cap(50), log.state.steering.concurrency) == (200, 4)
    log.undo_last()
    assert log.state.steering.cap(50) == 100


def test_the_first_change_of_the_budget_is_taken_back_to_the_settings():
    log = Log().decide(de.BudgetChanged, trials=40, concurrency=4, uncapped=True)
    log.undo_last()
    steering = log.state.steering
    assert (steering.trials, steering.concurrency, steering.cap(50)) == (None, None, 50)
    assert log.state.steering.decisions[-1][1].as_configured == (
        "trials", "concurrency", "max_calls",
    )  # fmt: skip
    log.undo_last()  # taken back itself
    assert (log.state.steering.trials, log.state.steering.cap(50)) == (40, None)


def test_only_what_still_holds_of_a_change_of_the_budget_is_taken_back():
    log = Log().decide(de.BudgetChanged, uncapped=True, trials=40)
    log.decide(de.BudgetChanged, trials=60, max_calls=90)
    first, event = log.state.steering.decisions[0]
    assert undoing(event, first, log.state.steering, by="Bob") == []
    log.undo_last()
    assert (log.state.steering.trials, log.state.steering.cap(50)) == (40, None)


def test_no_cap_and_a_cap_replace_each_other():
    log = Log().decide(de.BudgetChanged, uncapped=True)
    assert log.state.steering.cap(50) is None
    log.decide(de.ResumeRequested, max_calls=70)
    assert log.state.steering.cap(50) == 70


def test_an_ended_run_goes_on_where_its_search_was_when_it_is_reopened():
    log = Log().add(ev.PhaseChanged(phase="test"), ev.RunFinished(best="x"))
    log.decide(de.Reopened)
    assert (log.state.status, log.state.phase, log.state.best) == ("queued", "search", None)


def test_reopening_a_run_that_has_not_ended_changes_nothing():
    log = Log().decide(de.Reopened)
    assert log.state.status == "running"


def test_waiting_for_a_review_is_not_time_at_work():
    log = Log()
    worked = log.state.elapsed(log.now)
    log.add(ev.PhaseChanged(phase="review"))
    log.now += 1000
    log.decide(de.ReviewApproved).add(ev.PhaseChanged(phase="search"))
    assert log.state.elapsed(log.now) == pytest.approx(worked + 1, abs=1.5)


def test_an_edit_remembers_its_parent_and_its_author():
    log = Log()
    text = f"{OWN} Cite a source."
    added = authoring.written_instruction(
        log.state, "ask", text, by="Ada", parent=instruction(1).id
    )
    log.add(added)
    written = log.state.instructions["ask"][added.id]
    assert (written.by, written.parent, written.number) == ("Ada", instruction(1).id, 3)
    assert log.permits(ask=3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("  ", "needs some text"),
        (OWN, "instruction 0 says exactly this"),
        ("x" * 20_001, "20,001 characters"),
    ],
)
def test_an_instruction_that_cannot_be_used_is_refused(text, problem):
    with pytest.raises(ConfigError, match=problem):
        authoring.written_instruction(Log().state, "ask", text, by="Ada")


def test_an_instruction_without_a_locked_text_is_refused_by_name():
    log = Log().decide(de.SpansLocked, predictor="ask", spans=("Never guess.",))
    with pytest.raises(ConfigError, match="'Never guess.' is missing"):
        authoring.written_instruction(log.state, "ask", "Answer.", by="Ada")


def test_only_text_of_the_own_instruction_can_be_locked():
    with pytest.raises(ConfigError, match="not in the program's own instruction"):
        authoring.locked_spans(Log().state, "ask", ["Cite."], by="Ada")


@pytest.mark.parametrize(
    ("demos", "problem"),
    [
        ([], "1 to 64 demos, not 0"),
        ([{"question": "1+1", "anser": "2"}], "demo 1: the predictor has no field 'anser'"),
        ([{"question": "1+1", "answer": " "}], "demo 1: it shows no answer"),
    ],
)
def test_a_demo_set_that_cannot_be_used_is_refused(demos, problem):
    with pytest.raises(ConfigError, match=problem):
        authoring.made_demo_set(Log().state, "ask", demos, by="Ada")


def test_a_demo_set_made_by_hand_can_be_chosen():
    log = Log()
    added = authoring.made_demo_set(
        log.state, "ask", [{"question": "2+2", "answer": "4"}], by="Ada", parent="d1"
    )
    log.add(added)
    made = log.state.demo_sets["ask"][added.id]
    assert (made.source, made.by, made.parent) == ("person", "Ada", "d1")
    assert log.permits(ask_set=2)
