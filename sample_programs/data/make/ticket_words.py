"""Phrases from which the support tickets are composed. Word lists only."""


def _listed(text: str) -> tuple[str, ...]:
    """The parts of "this|that|more"."""
    return tuple(text.split("|"))


SLOTS = {
    "item": _listed(
        "headphones|coffee grinder|desk lamp|rucksack|keyboard|electric kettle|running shoes|"
        "garden chair|tablet sleeve|air fryer|bicycle pump|monitor|yoga mat|watch strap|"
        "toaster"
    ),
    "day": _listed("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|last week|two weeks ago"),
    "amount": _listed("$12|$19.90|$24|$39.99|$48|$75|$110|$249"),
    "name": _listed("Priya|Tom|Lena|Marcus|Aiko|Joanna|Sven|Fatima|Diego|Hannah|Owen|Ruth"),
    "firm": _listed(
        "a small bakery|our school|a chain of gyms|a travel blog|a town library|a podcast|"
        "our design studio|a sports club"
    ),
    "country": _listed("Norway|Portugal|Chile|Canada|Malta|Japan|Kenya|Ireland"),
}

PROBLEMS = {
    "billing": (
        "I was charged {amount} twice for the same order",
        "the invoice shows {amount} but the price on the page was lower",
        "my bank statement lists two payments of {amount}",
        "you debited my credit card {amount} although I paid with a voucher",
        "there is an unknown fee of {amount} on the bill",
        "the discount code was accepted but {amount} was still charged to my card",
        "I need a corrected invoice with our company's address",
        "the receipt has the wrong tax rate",
        "I got a payment reminder for an invoice that I settled on {day}",
    ),
    "shipping": (
        "the courier's tracking page has not moved since {day}",
        "my parcel should have arrived on {day} and there is no sign of it",
        "tracking says delivered, but no parcel is at my door",
        "can you send the {item} by express courier so that it gets here by {day}",
        "the delivery driver never rang and took the package back to the depot",
        "my package is stuck at customs in {country}",
        "half of the delivery is missing from the parcel",
        "how long does delivery to {country} take",
        "the courier wants to deliver on {day} when nobody is home",
    ),
    "refunds": (
        "I sent the {item} back on {day} and still wait for my money",
        "I changed my mind about the {item} and want to return it",
        "please give me the money back, the {item} is not what the photo shows",
        "the {item} is the wrong size, I would like to return it and be reimbursed",
        "where do I drop off a return, and who pays the postage",
        "I returned two things and was reimbursed for one",
        "can I exchange the {item} or do I have to send it back first",
        "I cancelled my order within an hour and want the {amount} back",
        "the return was refused because the box was open, that is unfair",
    ),
    "accounts": (
        "I cannot log in since {day}, the password is refused",
        "the password reset mail never comes",
        "the verification code by text message arrives too late to log in",
        "my login is locked after three wrong passwords",
        "the two-factor prompt asks for a phone I lost",
        "my username was taken over, somebody changed the password",
        "the sign-in page reloads again and again after the password",
        "I want to change the e-mail in my profile but the save button is grey",
        "the reset link says it has expired although I clicked at once",
    ),
    "repairs": (
        "the {item} stopped working after four days and will not switch on",
        "there is a crack in the {item} and it makes a rattling noise",
        "the battery of my {item} dies within ten minutes",
        "the {item} smells burnt when it is plugged in",
        "a screw broke off the {item}, where do I get a spare part",
        "the {item} is faulty, is it still under warranty",
        "the power light blinks red and the {item} turns itself off",
        "my {item} came back from the workshop with the same defect",
        "the motor overheats and the {item} stops",
    ),
    "subscriptions": (
        "please cancel my monthly plan before it renews on {day}",
        "I want to switch from the basic plan to the family plan",
        "my free trial ended early and the plan renewed by itself",
        "can I pause my membership for the summer",
        "the yearly plan was renewed although I switched off auto-renewal",
        "I would like to downgrade my membership at the end of the month",
        "the upgrade to premium does not show, I still see the basic plan",
        "I want to end the membership of {name}, who moved out",
        "what do I lose if I let my premium plan run out",
    ),
    "privacy": (
        "please erase all personal data you store about me",
        "I want a copy of the information that you hold on me",
        "stop sending me the newsletter, I opted out twice",
        "I withdraw my consent to tracking cookies",
        "your newsletter greets me with the name of a stranger",
        "under data protection law I ask you to delete my history",
        "the cookie banner has no way to refuse consent",
        "I never gave consent to marketing calls, remove my number",
        "how long do you keep personal data after somebody leaves",
    ),
    "partnerships": (
        "I write for {firm} and would like to become a reseller",
        "do you offer wholesale prices, we need sixty pieces of the {item}",
        "{firm} would like to cooperate on a sponsored event",
        "is there an affiliate programme, and what commission do you pay",
        "we would like to stock the {item} in our shop, who is the sales contact",
        "can {firm} get bulk pricing for a hundred pieces",
        "I run {firm} and suggest a joint campaign",
        "who decides about wholesale and reseller contracts",
        "we are looking for a sponsor for {firm}",
    ),
}

OPENINGS = _listed(
    "Hello,|Hi there,|Good morning,|Dear team,|To whom it may concern,|Hi, {name} here.|"
    "Hello, this is my second message.|I hope you can help me.|Quick question:|"
    "I have been a customer for years.|Sorry to bother you again.|Hey,"
)

# What people ask for after telling their problem.
REQUESTS = {
    "billing": (
        "Please correct the invoice.",
        "Please check the charge on my card.",
        "I expect a corrected invoice.",
        "Could somebody look at this charge?",
        "My bank needs an answer about this payment.",
    ),
    "shipping": (
        "Where is my parcel?",
        "Please ask the courier.",
        "When will the delivery come?",
        "Could you check the tracking?",
        "I need the parcel soon.",
    ),
    "refunds": (
        "When do I get my money back?",
        "Please reimburse me.",
        "How does the return work?",
        "I would like to return it.",
        "Please tell me how to send it back.",
    ),
    "accounts": (
        "Please help me to log in.",
        "Can you reset my password?",
        "I need to get into my profile.",
        "Please unlock my login.",
        "How do I sign in now?",
    ),
    "repairs": (
        "Can it be repaired?",
        "Is this covered by the warranty?",
        "Please send me a spare part.",
        "I think it is a defect.",
        "Who can repair it?",
    ),
    "subscriptions": (
        "Please change my plan.",
        "What happens to my membership?",
        "I do not want the plan to renew.",
        "Please confirm my membership.",
        "Which plan is right for me?",
    ),
    "privacy": (
        "This matters to me a great deal.",
        "Please tell me what data you keep.",
        "I have not given consent to this.",
        "Please delete my personal data.",
        "Who is your data protection officer?",
    ),
    "partnerships": (
        "We would love to work together.",
        "Whom in sales can we talk to?",
        "Please send your wholesale conditions.",
        "Are you open to cooperation?",
        "We can send a proposal.",
    ),
}

# Sentences that mention another team's matters without asking for anything.
DISTRACTIONS = {
    "billing": (
        "The invoice itself is fine.",
        "I paid by card on {day}.",
        "The payment went through without trouble.",
    ),
    "shipping": (
        "The parcel arrived on {day}.",
        "Delivery was quick, thank you.",
        "The courier was friendly.",
    ),
    "refunds": (
        "I do not want my money back.",
        "Sending it back is not an option for me.",
        "My last return went smoothly.",
    ),
    "accounts": (
        "I can log in without trouble.",
        "I have already changed my password.",
        "You find my e-mail in my profile.",
    ),
    "repairs": (
        "The {item} itself works well.",
        "Nothing is broken.",
        "The {item} has a two year warranty, I know.",
    ),
    "subscriptions": (
        "I have the premium plan.",
        "My membership runs until {day}.",
        "I signed up for the trial through {name}.",
    ),
    "privacy": (
        "I read your newsletter with pleasure.",
        "I agreed to the cookies.",
        "You have my personal details on file.",
    ),
    "partnerships": (
        "I found you through {firm}.",
        "I bought it for {firm}.",
        "We saw your sponsored video.",
    ),
}

DETAILS = _listed(
    "This is rather urgent.|I tried twice already.|My order number ends in {amount}.|"
    "It concerns the {item}.|I called on {day} and nobody answered.|"
    "{name} told me to write here.|I use it every day.|"
    "I am travelling in {country} at the moment.|It is the third time this year.|"
    "I could not find this in the help pages."
)

CLOSINGS = _listed(
    "Thanks, {name}|Best regards, {name}|Please reply soon.|What can we do?|Many thanks|"
    "Looking forward to hearing from you.|Kind regards|Please advise.||"
)
