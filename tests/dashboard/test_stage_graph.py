from core.programs.registry import template
from dashboard.components.stage_graph import stage_diagram


def test_the_diagram_leads_from_input_through_every_stage_to_the_output():
    lines = [line.strip() for line in stage_diagram(template("multi_hop_qa")).splitlines()]
    assert lines[1:] == [
        "flowchart LR",
        'in(["Input<br/>question"])',
        's0["First query<br/>generate_query.predict"]',
        's1[("First search")]',
        's2["Second query<br/>generate_query.predict"]',
        's3[("Second search")]',
        's4["Answer<br/>generate_answer.predict"]',
        'out(["Output<br/>answer"])',
        "in --> s0",
        "s0 --> s1",
        "s1 --> s2",
        "s2 --> s3",
        "s1 --> s4",
        "s3 --> s4",
        "s4 --> out",
    ]


def test_a_program_that_takes_any_columns_says_so():
    assert 'in(["Input<br/>your columns"])' in stage_diagram(template("classification"))


def test_tools_have_a_shape_of_their_own_and_a_loop_says_how_often_it_calls():
    lines = [line.strip() for line in stage_diagram(template("react_agent")).splitlines()]
    assert 's0["Next step<br/>agent.react<br/>up to 4 calls"]' in lines
    assert 's1[["Tools"]]' in lines


def test_a_judge_stands_behind_the_stages_whose_answers_it_reads():
    lines = [line.strip() for line in stage_diagram(template("routing").judged(1)).splitlines()]
    assert 's4["Judge"]' in lines
    assert {"s1 --> s4", "s2 --> s4", "s3 --> s4"} <= set(lines)
