from tests.core.lm.offline_prompts import answer_of

DOCUMENT = (
    "It was a busy week. The foundry stands by the river. {news} Letters may be left at our office."
)
DEMOS = [
    {
        "document": DOCUMENT.format(news="The foundry will close in May."),
        "summary": "The foundry will close in May.",
    },
    {
        "document": DOCUMENT.format(news="The brewery will close in June."),
        "summary": "The brewery will close in June.",
    },
]


def test_without_demonstrations_a_summary_is_how_the_document_begins():
    found = answer_of("document -> summary", document=DOCUMENT.format(news="It will close."))
    assert found["summary"].startswith("It was a busy week. The foundry stands by the river.")


def test_demonstrations_teach_which_sentence_tells_the_news():
    document = DOCUMENT.format(news="The tannery will close in July.")
    found = answer_of("document -> summary", DEMOS, document=document)
    assert found["summary"] == "The tannery will close in July."


def test_a_summary_of_passages_about_a_claim_is_read_for_the_claim():
    found = answer_of(
        "claim, passages: list[str] -> summary",
        claim="The founder of the foundry was born in Leeds.",
        passages=["Foundry | The foundry was founded by Ada Stone.", "Rain | It rains a lot."],
    )
    assert "Ada Stone" in found["summary"]
