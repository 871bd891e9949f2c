"""Known vulnerabilities among what is installed, and secrets among the sources.

`python -m tests.audit` (or `make audit`) tells both: exit code 0 when all is well, 1 when something
was found, 3 when no data source about vulnerabilities could be reached, which says nothing about
the packages. `tests/test_audit.py` makes the same two checks a part of `make test`, where what
could not be asked is a skipped test with the reason in the summary, and never a passed one.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import get_plugins, transient_settings

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("pypi", "osv")
"""Asked in this order, until one answers."""

TIMEOUT = 5
"""Seconds that a data source may take for one answer."""

_DETECTORS = (
    *("AWSKeyDetector", "AzureStorageKeyDetector", "DiscordBotTokenDetector"),
    *("GitHubTokenDetector", "GitLabTokenDetector", "NpmDetector", "OpenAIDetector"),
    *("PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector"),
    *("StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector", "JwtTokenDetector"),
)
"""Of detect-secrets, without those that take any odd text for a secret: the tests are full of made
up keys, and hashes are everywhere."""

ALLOWED = "pragma: allowlist secret"
"""Says of a line, in a comment at its end, that what looks like a secret is none."""

_PROVIDERS = "Key of a model's provider"
_PROVIDER_KEY = re.compile(
    r"\b(?:sk-(?:proj-|ant-|or-)[\w-]{32,}|sk-[A-Za-z0-9]{40,}|AIza[\w-]{35}|gsk_[A-Za-z0-9]{40,}"
    r"|hf_[A-Za-z0-9]{34})"
)
"""What detect-secrets does not know yet."""

SKIPPED = 3


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What is known about the installed packages."""

    asked: bool
    """False when no data source could be reached."""
    audited: int = 0
    unknown: tuple[str, ...] = ()
    """Packages that the data source does not know."""
    found: tuple[str, ...] = ()
    """Vulnerabilities, in words."""
    reason: str = ""
    """Why nothing could be asked."""

    def told(self) -> str:
        """All of it, in one paragraph."""
        if not self.asked:
            return (
                "SKIPPED: the dependencies were NOT audited, because no data source about "
                f"vulnerabilities could be reached ({self.reason}). Run `make audit` on a machine "
                "that reaches pypi.org or api.osv.dev."
            )
        count = f"{self.audited} packages audited"
        unknown = f"; not known there: {', '.join(self.unknown)}" if self.unknown else ""
        if not self.found:
            return f"{count}, no known vulnerability{unknown}."
        return f"{count}{unknown}. Vulnerable:\n" + "\n".join(self.found)


def vulnerabilities(services: Sequence[str] = SERVICES) -> Audit:
    """What pip-audit says of everything installed here, by the first service that answers."""
    reasons = []
    for service in services:
        # One package first: behind a mirror, pip-audit finds nothing about any and ends well.
        reply = _asked(service, "-r", str(_one_requirement()), "--no-deps", "--disable-pip")
        if isinstance(reply, str):
            reasons.append(f"{service}: {reply}")
        elif any("skip_reason" in each for each in reply):
            reasons.append(f"{service}: {reply[0]['skip_reason']}")
        else:
            everything = _asked(service, "--skip-editable")
            if not isinstance(everything, str):
                return _audit(everything)
            reasons.append(f"{service}: {everything}")
    return Audit(asked=False, reason="; ".join(reasons))


def _one_requirement() -> Path:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    first = next(line for line in lines if "==" in line and "[" not in line)
    path = Path(tempfile.mkdtemp()) / "requirements.txt"
    path.write_text(first, encoding="utf-8")
    return path


def _asked(service: str, *what: str) -> list[dict] | str:
    """pip-audit's findings per package, or why there are none."""
    command = [sys.executable, "-m", "pip_audit", *what, "--vulnerability-service", service]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", str(TIMEOUT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except ValueError:
        words = done.stderr.strip().splitlines() or ["no answer"]
        return words[-1].partition(":")[0][:200]


def _audit(dependencies: list[dict]) -> Audit:
    known = [each for each in dependencies if "skip_reason" not in each]
    return Audit(
        asked=True,
        audited=len(known),
        unknown=tuple(each["name"] for each in dependencies if "skip_reason" in each),
        found=tuple(
            f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in "
            f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
            for each in known
            for vulnerability in each["vulns"]
        ),
    )


def secrets(files: Sequence[Path]) -> list[str]:
    """`FILE:LINE: kind` of whatever looks like a key or a token in these files."""
    told = []
    with transient_settings({"plugins_used": [{"name": name} for name in _DETECTORS]}):
        patterns = [each for plugin in get_plugins() for each in plugin.denylist]
        found = SecretsCollection()
        for path, text in ((path, _text(path)) for path in files):
            if any(pattern.search(text) for pattern in patterns):  # to scan takes 100 times as long
                found.scan_file(str(path))
            told += [(str(path), line, _PROVIDERS) for line in _provider_keys(text)]
    told += [(path, secret.line_number, secret.type) for path, secret in found]
    return [f"{Path(name).relative_to(ROOT)}:{line}: {kind}" for name, line, kind in sorted(told)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # a test's own, gone since it was listed
        return ""


def _provider_keys(text: str) -> list[int]:
    """The lines that have what looks like a key of a model's provider."""
    if not _PROVIDER_KEY.search(text):
        return []
    lines = enumerate(text.splitlines(), start=1)
    return [n for n, line in lines if _PROVIDER_KEY.search(line) and ALLOWED not in line]


def sources() -> list[Path]:
    """Every file that is, or would be, under version control, without bundled data."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:  # unpacked from an archive
        folders = ("core", "dashboard", "sample_programs", "tests", "benchmarks", "docs")
        kept = [*ROOT.glob("*"), *(each for name in folders for each in (ROOT / name).rglob("*"))]
    else:
        kept = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in kept if path.is_file() and path.suffix in _READ]


_READ = {
    "", ".py", ".toml", ".md", ".txt", ".json", ".yaml", ".yml", ".cfg", ".ini", ".sh", ".env",
    ".html", ".j2", ".js", ".css", ".pem", ".key",
}  # fmt: skip


def main() -> int:
    """Print both findings; 0, 1, or 3 for what could not be asked."""
    exposed, audit = secrets(sources()), vulnerabilities()
    sys.stdout.write("\n".join([*exposed, ""] if exposed else ["No secret in the sources.", ""]))
    sys.stdout.flush()
    (sys.stdout if audit.asked else sys.stderr).write(f"{audit.told()}\n")
    if exposed or audit.found:
        return 1
    return 0 if audit.asked else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
