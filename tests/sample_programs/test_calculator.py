import time

import pytest

from sample_programs.react_agent import calculator


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", "14"),
        ("(12 + 30) * 2", "84"),
        ("32,949 - 1,000", "31949"),
        ("7 / 2", "3.5"),
        ("-7 // 2", "-4"),
        ("7 % 4", "3"),
        ("2 ** 10", "1024"),
        ("0.1 + 0.2", "0.3"),
    ],
)
def test_sums_are_worked_out(expression, value):
    assert calculator(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "().__class__",
        "open('/etc/passwd')",
        "x + 1",
        "[1, 2]",
        "'a' * 9",
        "True + 1",
        "1 if 1 else 2",
        "lambda: 1",
        "2 +",
        "",
        "(-8) ** 0.5",
        "9 ** 9 ** 9",
        "1e308 * 10 ** 64 ** 2",
        "1_0 and 2",
        "\x00",
    ],
)
def test_anything_else_is_refused_in_words_and_at_once(expression):
    started = time.perf_counter()
    assert calculator(expression).startswith(("This cannot be worked out", "The expression"))
    assert time.perf_counter() - started < 1.0


def test_a_division_by_zero_and_an_endless_expression_are_told():
    assert calculator("1 / 0") == "This divides by zero."
    assert calculator("1+" * 500 + "1").startswith("The expression is too long")
    assert calculator("(" * 150 + "1" + ")" * 40).startswith("This cannot be worked out")
