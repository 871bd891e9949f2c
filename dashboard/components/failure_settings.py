"""What happens when a call or an example fails: for each kind, how often it is tried, and then."""

import streamlit as st

from core.lm.failures import GROUPS, MEANINGS, TITLES, FailurePolicy, Group, Rule

THEN = {"skip": "attempts, then leave it out", "pause": "attempts, then pause the run"}


def render_failure_settings(policy: FailurePolicy, *, key: str) -> FailurePolicy:
    """The policy as it is set, in an expander that tells how much of it is not the default."""
    default = FailurePolicy()
    changed = sum(getattr(policy, each) != getattr(default, each) for each in GROUPS)
    title = f"When calls fail ({changed} changed)" if changed else "When calls fail"
    with st.expander(title, icon=":material/healing:", key=f"{key}.failures"):
        st.caption(
            "An error is never a score: what is left out counts neither as right nor as wrong. "
            "Before an attempt counts, the call itself is repeated as often as the model's "
            "settings say, where that can help; a paused run tries again when it is resumed."
        )
        rules = {each: _render_rule(each, getattr(policy, each), key=key) for each in GROUPS}
    return FailurePolicy(**rules)


def _render_rule(group: Group, rule: Rule, *, key: str) -> Rule:
    title = TITLES[group]
    words, attempts_side, then_side = st.columns([2.6, 1, 1.8], vertical_alignment="center")
    with words.container(gap=None):
        st.markdown(f"**{title}**")
        st.caption(MEANINGS[group])
    attempts = attempts_side.number_input(
        f"{title}: attempts",
        1,
        100,
        rule.attempts,
        key=f"{key}.failures.{group}.attempts",
        label_visibility="collapsed",
    )
    then = then_side.selectbox(
        f"{title}: then",
        list(THEN),
        list(THEN).index(rule.then),
        format_func=THEN.__getitem__,
        key=f"{key}.failures.{group}.then",
        label_visibility="collapsed",
    )
    return Rule(attempts=int(attempts), then=then)
