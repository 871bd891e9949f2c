"""Numbers as people read them: percent with one decimal and n, time, calls, tokens, money."""

from core.evaluation.label_scores import MacroF1
from core.evaluation.statistics import Mean
from core.lm.usage import Usage


def percent(value: float) -> str:
    """A fraction as `61.7 %`."""
    return f"{100 * value:.1f} %"


def mean_text(mean: Mean | None) -> str:
    """`61.7 % (n = 60)`, or a dash."""
    return "–" if mean is None else f"{percent(mean.value)} (n = {mean.n:,})"


def interval_text(mean: Mean | MacroF1) -> str:
    """`95 %: 48.6 to 73.3 %, n = 60`."""
    return f"95 %: {100 * mean.low:.1f} to {100 * mean.high:.1f} %, n = {mean.n:,}"


def duration_text(seconds: float) -> str:
    """`42 s`, `3 min 5 s` or `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def cost_text(usage: Usage) -> str:
    """`$0.12`, or what can be said when a price is unknown."""
    if usage.priced:
        return f"${usage.cost_usd:,.2f}"
    return f"price unknown (at least ${usage.cost_usd:,.2f})" if usage.cost_usd else "price unknown"


def tokens_text(usage: Usage) -> str:
    """`310,000 tokens in, 42,000 out`."""
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"


def price_text(dollars: float) -> str:
    """`$12.50`, `$0.0021` or `under $0.0001`, the sign escaped for Markdown."""
    if dollars >= 1:
        return f"\\${dollars:,.2f}"
    return f"\\${dollars:.2g}" if dollars >= 0.0001 else "under \\$0.0001"
