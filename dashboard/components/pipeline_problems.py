"""What is wrong with a pipeline, at the place where it is to be put right."""

from collections.abc import Sequence

import streamlit as st

from core.programs.pipeline.finding import Problem


def render_problems(problems: Sequence[Problem]) -> None:
    """Errors, then warnings, each with what to do; names that people typed are drawn as text."""
    for problem in sorted(problems, key=lambda each: each.severity != "error"):
        is_error = problem.severity == "error"
        with st.container(horizontal=True, gap="xsmall"):
            if is_error:
                st.badge("Error", icon=":material/error:", color="red")
            else:
                st.badge("Warning", icon=":material/warning:", color="orange")
            st.text(_sentence(problem.message))


def render_verdict(problems: Sequence[Problem]) -> None:
    """Whether the pipeline can be tried and saved as it is."""
    errors = sum(each.severity == "error" for each in problems)
    warnings = len(problems) - errors
    remarks = f" {_counted(warnings, 'warning')}." if warnings else ""
    if errors:
        st.caption(
            f":red[:material/error:] {_counted(errors, 'error')} to put right before it can be "
            f"tried or saved; each is shown where it belongs.{remarks}"
        )
    else:
        st.caption(f":green[:material/check_circle:] It can be tried and saved.{remarks}")


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
