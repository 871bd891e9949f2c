"""What is set about a model for one job: how it answers, and how patiently it is asked."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.lm.connection import LMConfig

Options = dict[str, Any]


def render_options(before: LMConfig, *, key: str, temperature: str) -> Options:
    """Temperature, tokens, timeout, retries and concurrency.

    `temperature` says what is in force while none is given.
    """
    left, right = st.columns(2)
    return {
        **_answering(left, right, before, key, temperature),
        **_asking(left, right, before, key),
    }


def _answering(
    left: DeltaGenerator, right: DeltaGenerator, before: LMConfig, key: str, temperature: str
) -> Options:
    return {
        "temperature": left.number_input(
            "Temperature",
            0.0,
            2.0,
            before.temperature,
            step=0.1,
            key=f"{key}.temperature",
            placeholder=temperature,
        ),
        "max_tokens": right.number_input(
            "Most tokens of an answer",
            1,
            None,
            before.max_tokens,
            step=100,
            key=f"{key}.tokens",
            placeholder="provider's own",
            help="An answer that is cut off mostly cannot be read. Reasoning counts, too.",
        ),
    }


def _asking(left: DeltaGenerator, right: DeltaGenerator, before: LMConfig, key: str) -> Options:
    return {
        "timeout": left.number_input(
            "Timeout (seconds)",
            1.0,
            3600.0,
            max(1.0, before.timeout),
            step=10.0,
            key=f"{key}.timeout",
            help="A call that takes longer counts as hung.",
        ),
        "retries": right.number_input(
            "Retries of a call",
            0,
            20,
            min(20, before.retries),
            key=f"{key}.retries",
            help="After an overload, an error of the server, a hang or a broken connection.",
        ),
        "concurrency": left.number_input(
            "Requests at a time",
            1,
            256,
            before.concurrency,
            key=f"{key}.concurrency",
            placeholder="the run's own",
            help="Most requests in flight to this model from one run.",
        ),
    }


def render_prices(before: LMConfig, *, key: str) -> Options:
    """Prices per token, typed where they are not known."""
    left, right = st.columns(2)
    return {
        "input_price": left.number_input(
            "\\$ per million input tokens",
            0.0,
            value=before.input_price,
            format="%.4g",
            key=f"{key}.in",
            placeholder="from the price list",
        ),
        "output_price": right.number_input(
            "\\$ per million output tokens",
            0.0,
            value=before.output_price,
            format="%.4g",
            key=f"{key}.out",
            placeholder="from the price list",
        ),
    }


def render_delay(config: LMConfig, *, key: str) -> LMConfig:
    """The offline model with the time that each of its calls takes."""
    delay = st.number_input(
        "Delay per call (seconds)",
        0.0,
        10.0,
        config.delay,
        step=0.05,
        key=f"{key}.delay",
        help="Slows the offline model down, so that a run can be watched.",
    )
    return config.model_copy(update={"delay": delay})


def price_text(config: LMConfig) -> str:
    """What a million tokens cost, in and out, and who says so."""
    if config.is_offline:
        return "free"
    cost = config.price(1_000_000, 0), config.price(0, 1_000_000)
    if cost[0] is None or cost[1] is None:
        return "price unknown"
    typed = config.input_price is not None and config.output_price is not None
    by = "as typed" if typed else "LiteLLM's list"
    return f"${cost[0]:,.4g} in, ${cost[1]:,.4g} out per million tokens ({by})"
