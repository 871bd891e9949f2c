"""Every decision of a person as one sentence, for the log and the timeline."""

from collections.abc import Sequence

from core.programs.candidate import ChoiceRef, Part
from core.results.names import PARTS, Names
from core.runs import decisions as de
from core.runs.state import row

MOST_NAMED = 4
"""Candidates that are named; more are `others`."""

_BOUNDS: dict[de.Bound, str] = {
    "trials": "the trials",
    "concurrency": "what is in flight together",
    "max_calls": "the cap on LM calls",
}

LONGEST = 160
"""Characters of a person's own words that are quoted."""


def in_words(decision: de.Decision, names: Names) -> str:
    """`Ada rejected instruction 4 of answer: too long.`"""
    said = _said(decision, names)
    stop = "" if said.rstrip("”").endswith((".", "!", "?", "…")) else "."
    return f"{decision.by or 'Somebody'} {said}{stop}"


def _said(decision: de.Decision, names: Names) -> str:  # noqa: C901  one case per kind
    match decision:
        case de.PauseRequested():
            return "asked for a pause"
        case de.ResumeRequested(max_calls=cap):
            return "asked to go on" + (f", with at most {cap:,} LM calls" if cap else "")
        case de.StopRequested():
            return "stopped the run, keeping the best"
        case de.Reopened():
            return "asked the ended run to go on"
        case de.ReviewApproved():
            return "approved the proposals; the search may begin"
        case de.InstructionAdded() | de.DemoSetAdded():
            return _added(decision, names)
        case de.CandidateQueued() | de.CandidateUnqueued():
            return _queued(decision, names)
        case de.CombinationBanned(choices=choices):
            return "banned " + " together with ".join(map(names.choice, choices))
        case de.CombinationAllowed(choices=choices):
            return "allowed " + " together with ".join(map(names.choice, choices)) + " again"
        case de.SpansLocked(predictor=predictor, spans=spans):
            return _locked(names.predictor(predictor), spans)
        case de.ProposalsRequested():
            return _asked(decision, names)
        case de.BudgetChanged():
            return _bounded(decision)
        case de.EvaluationRequested():
            return _evaluated(decision, names)
        case de.EvaluationCancelled(request=number):
            return f"took request {number + 1} to evaluate candidates back"
        case de.AnswerRated():
            return _rated(decision, names)
        case de.NoteAdded(text=text):
            return f"noted: {_quoted(text)}"
        case _:
            return _about_choice(decision, names)


def _about_choice(decision: de.Decision, names: Names) -> str:
    match decision:
        case de.ChoiceApproved(choice=choice):
            return f"approved {names.choice(choice)}"
        case de.ChoiceRejected(choice=choice, reason=reason):
            return f"rejected {names.choice(choice)}" + (f": {_quoted(reason)}" if reason else "")
        case de.ChoiceRestored(choice=choice):
            return f"took back what was said about {names.choice(choice)}"
        case de.ChoicePinned(choice=choice):
            return f"pinned {names.choice(choice)}: it must be tried"
        case de.ChoiceUnpinned(choice=choice):
            return f"unpinned {names.choice(choice)}"
        case de.ChoiceFrozen(choice=choice):
            return f"froze {names.predictor(choice.predictor)} at {names.numbered(choice)}"
        case de.ChoiceReleased(predictor=predictor, part=part):
            return f"let the search choose the {PARTS[part]} of {names.predictor(predictor)} again"
        case _:
            raise TypeError(f"{type(decision).__name__} has no words yet. Add a case here.")


def _added(decision: de.InstructionAdded | de.DemoSetAdded, names: Names) -> str:
    part: Part = "instruction" if isinstance(decision, de.InstructionAdded) else "demo_set"
    ref = ChoiceRef(predictor=decision.predictor, part=part, id=decision.id)
    added = f"{'wrote' if part == 'instruction' else 'made'} {names.choice(ref)}"
    if decision.parent is None:
        return added
    return f"{added}, from {names.numbered(ref.model_copy(update={'id': decision.parent}))}"


def _queued(decision: de.CandidateQueued | de.CandidateUnqueued, names: Names) -> str:
    if isinstance(decision, de.CandidateUnqueued):
        return f"took {names.label(decision.candidate) or 'a candidate'} out of the queue"
    examples = decision.examples
    some = "" if examples is None else f" on {examples} example{'s' if examples > 1 else ''}"
    return f"queued {names.candidate(decision.candidate)}{some}"


def _locked(predictor: str, spans: Sequence[str]) -> str:
    if not spans:
        return f"unlocked all texts of {predictor}"
    texts = ", ".join(f"“{_quoted(span)}”" for span in spans)
    return f"locked in {predictor}: {texts}"


def _asked(decision: de.ProposalsRequested, names: Names) -> str:
    count = "one more instruction" if decision.count == 1 else f"{decision.count} more instructions"
    learnt = ", from what was learnt" if decision.learn else ""
    hint = f": {_quoted(decision.hint)}" if decision.hint else ""
    return f"asked for {count} for {names.predictor(decision.predictor)}{learnt}{hint}"


def _bounded(decision: de.BudgetChanged) -> str:
    parts = []
    if decision.trials is not None:
        parts.append(f"{decision.trials:,} trials")
    if decision.concurrency is not None:
        parts.append(f"{decision.concurrency} in flight together")
    if decision.uncapped:
        parts.append("any number of LM calls")
    elif decision.max_calls is not None:
        parts.append(f"at most {decision.max_calls:,} LM calls")
    said = [f"set the budget to {', '.join(parts)}"] if parts else []
    if decision.as_configured:
        again = " and ".join(_BOUNDS[name] for name in decision.as_configured)
        said.append(f"set {again} back to the run's settings")
    return " and ".join(said) or "left the budget as it was"


def _evaluated(decision: de.EvaluationRequested, names: Names) -> str:
    labels = list(dict.fromkeys(map(names.candidate, decision.candidates)))
    shown = labels if len(labels) <= MOST_NAMED else [*labels[:MOST_NAMED], "others"]
    who = " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    some = "all" if decision.examples is None else f"{decision.examples:,}"
    example = "example" if decision.examples == 1 else "examples"
    again = f", {decision.repeats} times each" if decision.repeats > 1 else ""
    most = f", with at most {decision.max_calls:,} LM calls" if decision.max_calls else ""
    return f"asked to evaluate {who} on {some} {decision.part} {example}{again}{most}"


def _rated(decision: de.AnswerRated, names: Names) -> str:
    answer = f"{names.label(decision.candidate) or 'a candidate'} on {row(decision.example)}"
    if decision.is_empty:
        return f"took back what was said of the answer of {answer}"
    thumbs = None if decision.thumbs is None else f"thumbs {decision.thumbs}"
    score = None if decision.score is None else f"score {decision.score:g}"
    said = " and ".join(each for each in (thumbs, score) if each)
    comment = f": {_quoted(decision.comment)}" if decision.comment else ""
    return f"rated the answer of {answer}{', ' if said else ''}{said}{comment}"


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
