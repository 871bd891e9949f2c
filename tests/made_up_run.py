"""The events of a made-up run, as a worker could have written them. Used through `tests.run_log`.

Scores come from a seeded coin whose odds grow with the quality of a candidate's parts.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.evaluation.evaluator import PromptRun, StageRun, Trace, trace_to_json
from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice, demo_set_id, instruction_id
from core.programs.predictors import PredictorInfo, SignatureField
from core.runs import events as ev
from core.search.budget import Budget

START = 1_700_000_000.0
TIPS = ("none", "creative", "simple", "description", "high_stakes", "persona")
Logged = tuple[ev.Event, dict[str, str]]
"""An event and the traces stored with it."""

ASK = PredictorInfo(
    name="ask.predict",
    instruction="Given the fields `question`, produce the fields `query`.",
    inputs=(SignatureField(name="question", description=""),),
    outputs=(SignatureField(name="query", description="words to search for"),),
)
ANSWER = PredictorInfo(
    name="answer.predict",
    instruction="Given the fields `context`, `question`, produce the fields `answer`.",
    inputs=(
        SignatureField(name="context", description="", type="list"),
        SignatureField(name="question", description=""),
    ),
    outputs=(SignatureField(name="answer", description=""),),
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How large the made-up run is and what it is made of."""

    predictors: tuple[PredictorInfo, ...] = (ASK, ANSWER)
    train: tuple[str, ...] = tuple(str(row) for row in range(40))
    val: tuple[str, ...] = tuple(str(row) for row in range(40, 80))
    test: tuple[str, ...] = tuple(str(row) for row in range(80, 100))
    expected: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Example → its outputs, for the traces; `{"answer": "right"}` where there is none."""
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    instructions: int = 4
    demo_sets: int = 4
    trials: int = 10
    minibatch: int = 10
    full_every: int = 5
    failing: float = 0.0
    """Share of examples that fail once."""
    traces: bool = True
    seed: int = 0

    @property
    def budget(self) -> Budget:
        """The budget that a worker would have been given."""
        return Budget(
            name="exact",
            instructions=self.instructions,
            demo_sets=self.demo_sets,
            trials=self.trials,
            minibatch=self.minibatch,
            full_every=self.full_every,
            val_cap=len(self.val),
        )


def log(plan: Plan) -> list[Logged]:
    """The whole run, from its start to its end, timed half a second apart."""
    timed = enumerate(_Log(plan).everything())
    return [
        (event.model_copy(update={"at": START + 0.5 * place}), traces)
        for place, (event, traces) in timed
    ]


@dataclass
class _Log:
    """Writes one run. Keeps what the search must know of what happened before."""

    plan: Plan
    rng: np.random.Generator = field(init=False)
    choices: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    """Predictor → (ids of its instructions, ids of its demo sets)."""
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    full: list[str] = field(default_factory=list)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    trial: int = 0

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.plan.seed)
        self.usage = Usage(calls=1, input_tokens=310, output_tokens=42)

    def everything(self) -> Iterator[Logged]:
        yield (
            ev.RunStarted(
                worker="here:1",
                predictors=self.plan.predictors,
                train=len(self.plan.train),
                val=len(self.plan.val),
                test=len(self.plan.test),
            ),
            {},
        )
        yield from self.bootstrap()
        yield from self.propose()
        yield from self.search()
        yield from self.test()
        yield ev.RunFinished(best=self.best), {}

    @property
    def best(self) -> str:
        means = {name: sum(self.scores[name].values()) for name in self.full}
        return max(self.full, key=lambda name: means[name])

    def bootstrap(self) -> Iterator[Logged]:
        yield ev.PhaseChanged(phase="bootstrap"), {}
        for info in self.plan.predictors:
            own = instruction_id(info.instruction)
            self.choices[info.name] = ([own], [NO_DEMOS])
            yield (
                ev.InstructionProposed(predictor=info.name, index=0, id=own, text=info.instruction),
                {},
            )
            yield ev.DemoSetBuilt(predictor=info.name, id=NO_DEMOS, demos=(), source="none"), {}
        yield from self.evaluation("baseline", self.combination(0, 0), self.plan.val)
        for row in self.plan.train[:30]:
            demos = {info.name: (self.demo(info, row),) for info in self.plan.predictors}
            yield (
                ev.TraceBootstrapped(
                    example=row,
                    attempt=0,
                    score=1.0,
                    accepted=True,
                    demos=demos,
                    seconds=0.4,
                    usage=self.usage,
                ),
                {f"bootstrap/{row}": self.trace(row, right=True)},
            )
        for number in range(1, self.plan.demo_sets):
            for info in self.plan.predictors:
                rows = self.rng.choice(self.plan.train, size=min(4, number + 1), replace=False)
                demos_of = [self.demo(info, str(row)) for row in rows]
                self.choices[info.name][1].append(demo_set_id(demos_of))
                yield (
                    ev.DemoSetBuilt(
                        predictor=info.name,
                        id=demo_set_id(demos_of),
                        demos=tuple(demos_of),
                        source="labelled" if number == 1 else "bootstrapped",
                    ),
                    {},
                )

    def demo(self, info: PredictorInfo, row: str) -> dict[str, Any]:
        known = {**self.plan.inputs.get(row, {}), **self.answer(row, right=True)}
        return {name: known.get(name, f"{name} of row {row}") for name in info.fields}

    def propose(self) -> Iterator[Logged]:
        yield ev.PhaseChanged(phase="propose"), {}
        text = "The examples are short and regular; the answers are single words."
        spent: dict[str, Any] = {"seconds": 0.7, "usage": self.usage}
        yield ev.DatasetObserved(batch=0, text=text, complete=False, **spent), {}
        yield ev.DatasetObserved(batch=1, text="COMPLETE", complete=True, **spent), {}
        yield ev.DatasetSummarised(text=text, **spent), {}
        yield ev.ProgramDescribed(text="The program answers from its inputs.", **spent), {}
        for info in self.plan.predictors:
            yield (
                ev.PredictorDescribed(
                    predictor=info.name, text=f"Writes {info.outputs[-1].name}.", **spent
                ),
                {},
            )
        for index in range(1, self.plan.instructions):
            for info in self.plan.predictors:
                yield self.proposal(info, index)

    def proposal(self, info: PredictorInfo, index: int) -> Logged:
        tip = TIPS[index % len(TIPS)]
        text = (
            f"{info.instruction} Look at every field before you decide ({tip}), compare it with "
            f"the demonstrations, and answer with one word only. Variant {index}."
        )
        self.choices[info.name][0].append(instruction_id(text))
        key = f"proposal/{info.name}/{index}"
        prompt = [{"role": "user", "content": f"Propose an instruction. TIP: {tip}"}]
        return ev.InstructionProposed(
            predictor=info.name,
            index=index,
            id=instruction_id(text),
            text=text,
            tip=tip,
            temperature=0.7,
            grounding=("dataset summary", "program description", "demos"),
            demo_set=self.choices[info.name][1][-1],
            trace=key,
            seconds=1.0,
            usage=self.usage,
        ), {key: json.dumps({"messages": prompt, "completion": f"Instruction: {text}"})}

    def search(self) -> Iterator[Logged]:
        yield ev.PhaseChanged(phase="search"), {}
        for number in range(1, self.plan.trials + 1):
            chosen = self.combination()
            size = min(self.plan.minibatch, len(self.plan.val))
            rows = [str(row) for row in self.rng.choice(self.plan.val, size=size, replace=False)]
            yield from self.evaluation("minibatch", chosen, rows)
            if number % self.plan.full_every == 0 or number == self.plan.trials:
                yield from self.full_evaluation()

    def full_evaluation(self) -> Iterator[Logged]:
        waiting = [name for name in self.scores if name not in self.full]
        means = {name: np.mean(list(self.scores[name].values())) for name in waiting}
        if waiting:
            best = max(waiting, key=lambda name: means[name])
            yield from self.evaluation("full", self.candidates[best], self.plan.val)

    def test(self) -> Iterator[Logged]:
        yield ev.PhaseChanged(phase="test"), {}
        for name in dict.fromkeys([self.full[0], self.best]):
            yield from self.evaluation("test", self.candidates[name], self.plan.test)

    def combination(self, *numbers: int) -> Candidate:
        """A candidate of these numbers, or of random ones."""
        chosen = {}
        for name, (instructions, demo_sets) in self.choices.items():
            first, second = numbers or (
                int(self.rng.integers(len(instructions))),
                int(self.rng.integers(len(demo_sets))),
            )
            chosen[name] = Choice(instruction=instructions[first], demo_set=demo_sets[second])
        return Candidate(choices=chosen)

    def evaluation(
        self, purpose: ev.Purpose, candidate: Candidate, rows: Sequence[str]
    ) -> Iterator[Logged]:
        number, self.trial = self.trial, self.trial + 1
        yield (
            ev.TrialStarted(
                number=number, purpose=purpose, candidate=candidate, examples=tuple(rows)
            ),
            {},
        )
        self.candidates[candidate.id] = candidate
        known = {} if purpose == "test" else self.scores.setdefault(candidate.id, {})
        for row in rows:
            if row not in known:
                yield from self.example(number, candidate, row)
                known[row] = self.score
        if purpose in ("baseline", "full"):
            self.full.append(candidate.id)
        mean = float(np.mean([known[row] for row in rows]))
        yield ev.TrialFinished(number=number, mean=mean, n=len(rows), failed=0), {}

    def example(self, number: int, candidate: Candidate, row: str) -> Iterator[Logged]:
        same: dict[str, Any] = {
            "trial": number,
            "candidate": candidate.id,
            "example": row,
            "seconds": 0.5,
            "usage": self.usage,
        }
        attempt = int(self.rng.random() < self.plan.failing)
        if attempt:
            failure = ev.Failure(kind="AdapterParseError", message="<b>no</b> field `answer`")
            yield ev.ExampleScored(attempt=0, failure=failure, **same), {}
        self.score = float(self.rng.random() < self.quality(candidate))
        key = f"eval/{candidate.id}/{row}"
        traces = {key: self.trace(row, right=self.score == 1.0)} if self.plan.traces else {}
        yield ev.ExampleScored(attempt=attempt, score=self.score, **same), traces

    def quality(self, candidate: Candidate) -> float:
        gains = []
        for name, choice in candidate.choices.items():
            instructions, demo_sets = self.choices[name]
            gains.append(instructions.index(choice.instruction) / max(1, len(instructions) - 1))
            gains.append(demo_sets.index(choice.demo_set) / max(1, len(demo_sets) - 1))
        return 0.35 + 0.6 * float(np.mean(gains))

    def answer(self, row: str, *, right: bool) -> dict[str, Any]:
        expected = self.plan.expected.get(row, {"answer": "right"})
        wrong = next(
            (other for other in self.plan.expected.values() if other != expected),
            {name: "wrong" for name in expected},
        )
        return expected if right else wrong

    def trace(self, row: str, *, right: bool) -> str:
        given = self.answer(row, right=right)
        stages = [
            StageRun(
                predictor=info.name,
                inputs={each.name: self.demo(info, row)[each.name] for each in info.inputs},
                outputs={each.name: given.get(each.name, "so it is") for each in info.outputs},
            )
            for info in self.plan.predictors
        ]
        message = {"role": "user", "content": f"Answer row {row}."}
        run = PromptRun(messages=[message], completion=json.dumps(given))
        return trace_to_json(Trace(outputs=given, stages=stages, prompts=[run]))
