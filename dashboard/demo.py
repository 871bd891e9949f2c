"""`python -m dashboard.demo`: start a demo run and print its id."""

import sys

from core.errors import StudioError
from core.runs.demo import create_demo_run
from core.storage.location import database_url, open_store
from core.worker import launcher


def main() -> int:
    """0 when a run was started, else 1 with the reason on stderr."""
    try:
        run_id = create_demo_run(open_store())
    except StudioError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    launcher.start(run_id, database_url())
    sys.stdout.write(f"{run_id}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
