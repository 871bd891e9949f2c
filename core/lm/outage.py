"""Which failures of a model say something about the model, not about what it was asked."""

FATAL = frozenset(
    {
        "LMAuthError",
        "LMBillingError",
        "LMNotConfiguredError",
        "LMConfigurationError",
        "LMUnsupportedModelError",
    }
)
"""Refusals that repeating cannot cure (names of dspy's exceptions)."""

AWAY = frozenset({"LMRateLimitError", "LMServerError", "LMTransportError"}) | FATAL
"""Failures that would have met any other request, too. A hang is not among them: some prompts make
a model hang."""

ATTEMPTS = 3
"""How often a failed call or example is tried in all."""

ATTEMPTS_AWAY = 12
"""The same for failures in `AWAY`: an outage pauses the run and must not use examples up."""


def attempts_allowed(kind: str) -> int:
    """How often something that failed with this kind of failure may be tried in all."""
    return ATTEMPTS_AWAY if kind in AWAY else ATTEMPTS
