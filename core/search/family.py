"""The optimizers of the paper (arXiv 2406.11695), as a person chooses between them.

What each searches and what it is good for; how it works is in `core.optimizers`.
"""

from dataclasses import dataclass

from core.search.shape import JOINT, Shape


@dataclass(frozen=True, kw_only=True)
class OptimizerInfo:
    """One optimizer as a person sees it."""

    name: str
    title: str
    when_to_use: str
    """A few plain sentences."""
    shape: Shape

    @property
    def searches(self) -> str:
        """`instructions`, `demos` or `instructions and demos`."""
        parts = [("instructions", self.shape.instructions), ("demos", self.shape.demos)]
        return " and ".join(name for name, is_searched in parts if is_searched)


_ALL = (
    OptimizerInfo(
        name="mipro",
        title="MIPRO",
        when_to_use="The default. Writes a pool of instructions and demo sets first, then searches "
        "for the best combination over all predictors. Take it unless you know a reason not to: "
        "demos usually bring the most, instructions add what examples cannot show.",
        shape=Shape(adaptive=True),
    ),
    OptimizerInfo(
        name="mipro_tpe",
        title="MIPRO with TPE, as published",
        when_to_use="The same pool, searched by the paper's rule: a tree-structured Parzen "
        "estimator over minibatch means. Take it to compare with published results or with other "
        "implementations of MIPRO.",
        shape=JOINT,
    ),
    OptimizerInfo(
        name="zero_shot_mipro",
        title="0-shot MIPRO",
        when_to_use="Searches instructions only. Take it when prompts must stay short, when "
        "examples must not appear in them, or when the task is a rule that has to be said rather "
        "than shown.",
        shape=Shape(demos=False, adaptive=True),
    ),
    OptimizerInfo(
        name="bayesian_bootstrap",
        title="Bayesian bootstrap",
        when_to_use="Searches demo sets only and leaves your instructions as they are. Take it "
        "when the instructions are fixed or already good. It needs no calls to the prompt model.",
        shape=Shape(proposals="none", adaptive=True),
    ),
    OptimizerInfo(
        name="bootstrap_random_search",
        title="Bootstrap random search",
        when_to_use="Tries whole bootstrapped programs, each on all validation examples, and "
        "keeps the best. The simplest strong baseline: hard to beat on small datasets, wasteful "
        "when an evaluation is expensive.",
        shape=Shape(proposals="none", whole=True),
    ),
    OptimizerInfo(
        name="module_opro",
        title="Module-level OPRO",
        when_to_use="Writes a new instruction for every predictor in every trial, with earlier "
        "ones and their scores in view. Take it when a good instruction has to be found step by "
        "step and a fixed pool would be too narrow. It cannot tell which predictor made the "
        "difference, so it suits programs with few predictors.",
        shape=Shape(demos=False, proposals="each predictor"),
    ),
    OptimizerInfo(
        name="module_opro_ungrounded",
        title="Module-level OPRO without grounding",
        when_to_use="The same, but the prompt model sees nothing except earlier instructions and "
        "scores: no data, no program, no examples. Take it when training examples must not be "
        "shown to the prompt model, or to see what grounding is worth.",
        shape=Shape(demos=False, proposals="each predictor", grounded=False),
    ),
    OptimizerInfo(
        name="program_opro",
        title="Program-level OPRO",
        when_to_use="One call writes the instructions of all predictors together, with earlier "
        "sets and their scores in view. Take it when predictors have to agree on a form, and the "
        "prompt model is a strong one.",
        shape=Shape(demos=False, proposals="together"),
    ),
    OptimizerInfo(
        name="coordinate_opro",
        title="Coordinate-ascent OPRO",
        when_to_use="Improves one predictor at a time while the others stay at their best so far. "
        "Easy to follow and good for working on a single predictor; slow when there are several.",
        shape=Shape(demos=False, proposals="one predictor"),
    ),
    OptimizerInfo(
        name="zero_shot_mipro_plus_plus",
        title="0-shot MIPRO++",
        when_to_use="Writes fresh instructions in every trial and learns how the prompt model is "
        "best asked: what to show it, which tip to give, how freely it may write. Take it with a "
        "large budget and an unfamiliar task or prompt model; it tells you what mattered.",
        shape=Shape(demos=False, proposals="each predictor"),
    ),
    OptimizerInfo(
        name="mipro_plus_plus",
        title="MIPRO++",
        when_to_use="As 0-shot MIPRO++, and chooses each predictor's demo set in the same search. "
        "The widest search of all: it needs the largest budget.",
        shape=Shape(proposals="each predictor"),
    ),
    OptimizerInfo(
        name="random_search",
        title="Random search",
        when_to_use="MIPRO's pool and schedule with candidates drawn at random: the control that "
        "shows what a search rule adds. Also sound when there are only a few candidates.",
        shape=JOINT,
    ),
)

FAMILY: dict[str, OptimizerInfo] = {info.name: info for info in _ALL}
"""Every optimizer by name, the default first."""
