"""The stages of a program as a graph."""

import streamlit as st

from core.programs.pipeline.wiring import origin
from core.programs.template import ProgramTemplate, Stage, TemplateField
from dashboard.components.plain_text import escaped

_WIDE_LABELS = '%%{init: {"flowchart": {"wrappingWidth": 400}}}%%'
_MEANT = str.maketrans({"&": "#amp;", '"': "#quot;", "<": "#lt;", "`": "#96;", "%": "#37;"})
_FLOW = (
    ("data", "Data", "Your labelled examples, split in three"),
    ("program", "Program", "Predictors with instructions to improve"),
    ("bootstrap", "Bootstrap", "Demos from traces that scored well"),
    ("propose", "Propose", "Instructions grounded in data and program"),
    ("search", "Search", "The best combination by Bayesian search"),
    ("compare", "Compare", "Baseline and best, side by side"),
)


def render_stage_graph(template: ProgramTemplate) -> None:
    """Input, stages and output from left to right."""
    stages = " → ".join(stage.name for stage in template.stages)
    st.mermaid_chart(stage_diagram(template), alt=f"Stages of the program: {stages}")
    calls = "1 LM call" if template.calls_per_run == 1 else f"{template.calls_per_run} LM calls"
    st.caption(f"{escaped(stages)}. One run of the program makes {calls}.")


def render_flow() -> None:
    """The flow of the whole app in one row of steps."""
    with st.grid(6, min_column_width=150):
        for number, (_, title, text) in enumerate(_FLOW, start=1):
            with st.container(gap="xsmall"):
                st.markdown(f":gray-badge[{number}] **{title}**")
                st.caption(text)


def stage_diagram(template: ProgramTemplate) -> str:
    """Mermaid source: an edge from each stage to those that read its result."""
    ids = {stage.name: f"s{number}" for number, stage in enumerate(template.stages)}
    read = {name for stage in template.stages for name in stage.after}
    lines = [_WIDE_LABELS, "flowchart LR", f'  in(["{_fields("Input", template.inputs)}"])']
    lines += [f"  {ids[stage.name]}{_shape(stage)}" for stage in template.stages]
    lines.append(f'  out(["{_fields("Output", template.outputs)}"])')
    for stage in template.stages:
        sources = [ids[name] for name in stage.after] or ["in"]
        lines += [f"  {source} --> {ids[stage.name]}" for source in sources]
    ends = _answering(template) or [each.name for each in template.stages if each.name not in read]
    lines += [f"  {ids[name]} --> out" for name in ends]
    return "\n".join(lines)


def _answering(template: ProgramTemplate) -> list[str]:
    """The stages that write an output of a program that people built; none for any other."""
    spec = template.pipeline
    sources = [source for each in spec.outputs for source in each.sources] if spec else []
    found = [origin(spec, source) for source in sources] if spec else []
    return list(dict.fromkeys(each.stage for each in found if each and each.stage))


def _shape(stage: Stage) -> str:
    if stage.kind == "retrieve":
        return f'[("{_quoted(stage.name)}")]'
    if stage.kind == "tool":
        return f'[["{_quoted(stage.name)}"]]'
    lines = [stage.name, stage.predictor, f"up to {stage.calls} calls" if stage.calls > 1 else None]
    return f'["{"<br/>".join(_quoted(line) for line in lines if line)}"]'


def _fields(side: str, fields: tuple[TemplateField, ...]) -> str:
    names = ", ".join(each.name for each in fields) or "your columns"
    return f"{side}<br/>{_quoted(names)}"


def _quoted(text: str) -> str:
    """`text` for use between double quotes in Mermaid, which reads directives even there."""
    return " ".join(text.split()).translate(_MEANT)
