"""The text of the Python file that a program is taken home as. Only text: `program` fills it in."""

SCRIPT = '''"""{head}

{scores}

{needs}
{model_advice}

    python FILE.py                             answers the example below
    python FILE.py '{{"FIELD": "…"}}'            answers these inputs

or, from Python: `program, lm = load(), connect()`, then, within `dspy.context(lm=lm,
adapter=ADAPTER)`, `program(FIELD="…")`.
"""

{imports}

MODEL = os.environ.get("DSPY_MODEL") or {model}
"""As LiteLLM names it, with its provider, such as `openai/gpt-4o-mini`."""
SETTINGS = {settings}
API_KEY = os.environ.get("DSPY_API_KEY") or {key}
"""None leaves it to LiteLLM, which reads the provider's own variable."""
API_BASE = os.environ.get("DSPY_API_BASE")
"""Address of an OpenAI-compatible endpoint; None for that of SETTINGS, or the provider's own."""
ADAPTER = dspy.ChatAdapter(use_json_adapter_fallback=False)
"""As in the run: an answer that lacks a field is an error."""

OUTPUTS = {outputs}
EXAMPLE = {example}

INSTRUCTIONS = {instructions}

DEMOS = {demos}


{source}{rows}def load() -> dspy.Module:
    """The program with its instructions and demos."""
    program = {build}(
        ProgramSetup(
{setup}
        )
    )
    for name, predictor in program.named_predictors():
        predictor.signature = predictor.signature.with_instructions(INSTRUCTIONS[name])
        predictor.demos = [dspy.Example(augmented=True, **demo) for demo in DEMOS[name]]
    return program


def connect(**changes: object) -> dspy.LM:
    """The language model; `changes` replace its settings."""
    if not MODEL:
        sys.exit("Name a model: set DSPY_MODEL, such as openai/gpt-4o-mini.")
    endpoint = {{"api_base": API_BASE}} if API_BASE else {{}}
    key = {{"api_key": API_KEY}} if API_KEY else {{}}
    return dspy.LM(MODEL, **{{**SETTINGS, **endpoint, **key, **changes}})


def main() -> None:
    """Answer the inputs of the command line, or the example."""
    inputs = json.loads(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE
    with dspy.context(lm=connect(), adapter=ADAPTER, warn_on_type_mismatch=False):
        prediction = load()(**inputs)
    for name in OUTPUTS:
        print(f"{{name}}: {{prediction.get(name)}}")


if __name__ == "__main__":
    main()
'''

ROWS = '''def rows(name: str) -> list[dict]:
    """The objects in a JSONL file beside this one."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


'''

CUT_OUT = "# The program's own source, from sample_programs/{program}.py"

BUILT = "# The program's source, written from the stages that it was built of"

IMPORTED = (
    "The program cannot stand alone: this file imports {file}. Run it from\n"
    "MIPRO Studio's folder, or with that folder on PYTHONPATH."
)
