"""`python -m core.worker RUN_ID [--db URL]`: works on one run until it ends. Speaks to nobody."""

import argparse
import sys

from core.errors import StudioError
from core.lm.keys import RedactingStream
from core.storage.location import open_store
from core.worker.held_log import say
from core.worker.launcher import cache_folder
from core.worker.session import work


def main() -> int:
    """0 when the run ended or was stopped, 1 when it failed."""
    # what it prints is kept in a file, and an error of any library can show a key
    sys.stdout, sys.stderr = RedactingStream(sys.stdout), RedactingStream(sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m core.worker")
    parser.add_argument("run_id")
    parser.add_argument("--db", help="address of the database; default: STUDIO_DB")
    arguments = parser.parse_args()
    try:
        state = work(
            arguments.run_id, open_store(arguments.db), cache=cache_folder(arguments.run_id)
        )
    except StudioError as error:
        say(str(error))
        return 1
    return 1 if state.status == "failed" else 0


if __name__ == "__main__":
    sys.exit(main())
