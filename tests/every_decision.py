"""One of every decision that people can make, with odd texts, for tests of logs and stores."""

from core.programs.candidate import Candidate, Choice, ChoiceRef
from core.runs import decisions as de

ODD_TEXT = "“Größe” 日本 🙂 \x00 \u2028 \\ ' \" %s :name {} \r\n\t"
INSTRUCTION = ChoiceRef(predictor="answer", part="instruction", id="i01")
DEMO_SET = ChoiceRef(predictor="answer", part="demo_set", id="d02")
CANDIDATE = Candidate(choices={"answer": Choice(instruction="i01", demo_set="d02")})
BY = "ada@example.org"

EVERY_DECISION: tuple[de.Decision, ...] = (
    de.PauseRequested(by=BY),
    de.ResumeRequested(by=BY, max_calls=200),
    de.StopRequested(by=BY),
    de.Reopened(by=BY),
    de.ReviewApproved(by=BY),
    de.InstructionAdded(by=BY, predictor="answer", id="i02", text=ODD_TEXT, parent="i01"),
    de.DemoSetAdded(
        by=BY, predictor="answer", id="d03", demos=({"text": ODD_TEXT, "label": None},)
    ),
    de.ChoiceApproved(by=BY, choice=INSTRUCTION),
    de.ChoiceRejected(by=BY, choice=DEMO_SET, reason=ODD_TEXT),
    de.ChoiceRestored(by=BY, choice=DEMO_SET),
    de.ChoicePinned(by=BY, choice=INSTRUCTION),
    de.ChoiceUnpinned(by=BY, choice=INSTRUCTION),
    de.ChoiceFrozen(by=BY, choice=INSTRUCTION),
    de.ChoiceReleased(by=BY, predictor="answer", part="instruction"),
    de.CandidateQueued(by=BY, candidate=CANDIDATE, examples=12),
    de.CandidateUnqueued(by=BY, candidate=CANDIDATE.id),
    de.CombinationBanned(by=BY, choices=(INSTRUCTION, DEMO_SET)),
    de.CombinationAllowed(by=BY, choices=(INSTRUCTION, DEMO_SET)),
    de.SpansLocked(by=BY, predictor="answer", spans=("word for word", ODD_TEXT)),
    de.ProposalsRequested(
        by=BY, predictor="answer", count=3, hint=ODD_TEXT, tip="simple", temperature=1.1, learn=True
    ),
    de.BudgetChanged(by=BY, trials=40, concurrency=64, max_calls=500),
    de.EvaluationRequested(
        by=BY, candidates=(CANDIDATE,), part="test", examples=7, repeats=3, max_calls=90
    ),
    de.EvaluationCancelled(by=BY, request=0),
    de.AnswerRated(
        by=BY,
        candidate=CANDIDATE.id,
        example="7",
        part="validation",
        thumbs="down",
        score=0.4,
        comment=ODD_TEXT,
    ),
    de.NoteAdded(by=BY, text=ODD_TEXT),
)
