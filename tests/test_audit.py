"""The audit itself, and that it cannot pass without having asked."""

import pytest

from tests import audit


def test_no_secret_is_in_the_sources():
    assert audit.secrets(audit.sources()) == []


def test_no_dependency_has_a_known_vulnerability():
    found = audit.vulnerabilities()
    if not found.asked:
        pytest.skip(found.told())
    assert not found.found, found.told()


@pytest.mark.parametrize(
    "secret",
    [
        "key = 'AKIA" + "IOSFODNN7EXAMPLF'",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "token = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'",
        "key = 'sk-ant-" + "api03-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'",
    ],
)
def test_a_planted_secret_is_found(tmp_path, monkeypatch, secret):
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    for name in ("plain.py", "tests/test_plain.py"):
        (tmp_path / name).write_text(f"a = 1\n{secret}\n", encoding="utf-8")
    found = audit.secrets([tmp_path / "plain.py", tmp_path / "tests" / "test_plain.py"])
    assert {each.partition(": ")[0] for each in found} == {"plain.py:2", "tests/test_plain.py:2"}


def test_a_source_that_knows_nothing_of_any_package_counts_as_unreachable(monkeypatch):
    replies = {"a": "no route", "b": [{"name": "x", "skip_reason": "not found"}]}
    monkeypatch.setattr(audit, "_asked", lambda service, *what: replies[service])
    found = audit.vulnerabilities(["a", "b"])
    assert not found.asked
    assert found.reason == "a: no route; b: not found"
    assert found.told().startswith("SKIPPED: the dependencies were NOT audited")


def test_a_vulnerable_package_is_named_with_the_version_that_mends_it(monkeypatch):
    bad = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
    known = [{"name": "x", "version": "1.0", "vulns": [bad]}, {"name": "y", "skip_reason": "own"}]
    monkeypatch.setattr(
        audit, "_asked", lambda service, *what: known if "-r" not in what else known[:1]
    )
    found = audit.vulnerabilities(["a"])
    assert found.told() == (
        "1 packages audited; not known there: y. Vulnerable:\nx 1.0: PYSEC-1, fixed in 2.0"
    )
