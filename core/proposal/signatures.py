"""The prompt model's tasks as dspy signatures: what it is given and what it must write.

The steps are those of the paper's grounded proposer (section 3.1 and appendix C); the wording is
our own. Field names are fixed, since the offline model recognises its tasks by them.
"""

import dspy


class ObserveExamples(dspy.Signature):
    """Look at examples from a dataset and write down what holds for most of them.

    Say what the task seems to be, what the inputs look like, which values the outputs take and how
    they are written, and what an answer depends on. Be concrete and brief.
    """

    examples: str = dspy.InputField(desc="a batch of training examples")
    observations: str = dspy.OutputField(desc="what holds for most of the examples")


class ObserveMoreExamples(dspy.Signature):
    """Look at further examples from a dataset, with earlier observations at hand.

    Add what the earlier observations miss. If there is nothing to add, answer COMPLETE.
    """

    examples: str = dspy.InputField(desc="a further batch of training examples")
    prior_observations: str = dspy.InputField(desc="what was observed before")
    observations: str = dspy.OutputField(desc="additions, or the word COMPLETE")


class SummariseObservations(dspy.Signature):
    """Boil the observations about a dataset down to two or three sentences.

    Keep what helps to do the task: its nature, the possible outputs and what decides between them.
    """

    observations: str = dspy.InputField(desc="observations about the dataset")
    summary: str = dspy.OutputField(desc="two or three sentences")


class DescribeProgram(dspy.Signature):
    """Say what task this language-model program is made for and how its predictors work together.

    The structure lists its predictors with their fields and instructions.
    """

    program_structure: str = dspy.InputField(desc="predictors, fields and instructions")
    program_example: str = dspy.InputField(desc="what goes in and what should come out")
    program_description: str = dspy.OutputField(desc="purpose and working, in a few sentences")


class DescribePredictor(dspy.Signature):
    """Say what one predictor contributes to the program."""

    program_structure: str = dspy.InputField(desc="predictors, fields and instructions")
    program_description: str = dspy.InputField(desc="what the program is for")
    predictor: str = dspy.InputField(desc="the predictor in question")
    predictor_description: str = dspy.OutputField(desc="its role, in one or two sentences")


class ProposeInstruction(dspy.Signature):
    """Write a new instruction for one predictor of a language-model program.

    With your instruction, a language model should do the predictor's task better than with the
    basic instruction. Use what you are told about the data, the program and the examples, without
    copying single examples. Answer with the instruction alone, as it will be given to the model.
    """

    dataset_summary: str = dspy.InputField(desc="what the data look like")
    program_structure: str = dspy.InputField(desc="predictors, fields and instructions")
    program_description: str = dspy.InputField(desc="what the program is for")
    predictor: str = dspy.InputField(desc="the predictor that needs an instruction")
    predictor_description: str = dspy.InputField(desc="its role in the program")
    task_demos: str = dspy.InputField(desc="examples of the predictor's inputs and outputs")
    previous_instructions: str = dspy.InputField(desc="earlier ones with scores, the best last")
    mistakes: str = dspy.InputField(desc="what the best program so far still gets wrong")
    basic_instruction: str = dspy.InputField(desc="the instruction it has now")
    locked_text: str = dspy.InputField(
        desc="text that must appear in the instruction word for word: all that stands between "
        "<keep> and </keep>, without these marks"
    )
    tip: str = dspy.InputField(desc="advice on how to write the instruction")
    hint: str = dspy.InputField(desc="what the person in charge asks for; it goes before the tip")
    proposed_instruction: str = dspy.OutputField(desc="the new instruction")


class ProposeInstructionSet(dspy.Signature):
    """Write new instructions for all predictors of a language-model program together.

    With your instructions, the program as a whole should do better than with the basic ones. Use
    what you are told about the data, the program and the examples, without copying single
    examples. Answer with a JSON list of strings alone: one instruction per predictor, in the order
    of the predictors.
    """

    dataset_summary: str = dspy.InputField(desc="what the data look like")
    program_structure: str = dspy.InputField(desc="predictors, fields and instructions")
    program_description: str = dspy.InputField(desc="what the program is for")
    predictors: str = dspy.InputField(desc="the predictors in order, one a line")
    task_demos: str = dspy.InputField(desc="examples of inputs and outputs, by predictor")
    previous_instructions: str = dspy.InputField(desc="earlier lists with scores, the best last")
    mistakes: str = dspy.InputField(desc="what the best program so far still gets wrong")
    basic_instructions: str = dspy.InputField(desc="the instructions they have now, a JSON list")
    locked_text: str = dspy.InputField(
        desc="text that must appear in a predictor's instruction word for word, by predictor: all "
        "that stands between <keep> and </keep>, without these marks"
    )
    tip: str = dspy.InputField(desc="advice on how to write the instructions")
    hint: str = dspy.InputField(desc="what the person in charge asks for; it goes before the tip")
    proposed_instructions: str = dspy.OutputField(desc="the new instructions, a JSON list")
