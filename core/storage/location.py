"""Which database is used when nobody names one, and how it is opened."""

import functools
import os

from core.runs.store import Store
from core.storage.database import address
from core.storage.sql import SqlStore

VARIABLE = "STUDIO_DB"
"""Name of the environment variable with the address of the database."""


def database_url(url: str | None = None) -> str:
    """`url`, else the one in `STUDIO_DB`, else `.studio/studio.db` in the current folder.

    With an absolute path and with the password, for `STUDIO_DB` of another process; never show it.

    Raises:
        StoreError: the address cannot be used; the message says what to write.
    """
    chosen = url or os.environ.get(VARIABLE) or "sqlite:///.studio/studio.db"
    return address(chosen).render_as_string(hide_password=False)


def open_store(url: str | None = None) -> Store:
    """The store at `database_url(url)`, ready to use; the same object each time.

    Raises:
        StoreError: the address is wrong or the database cannot be opened.
    """
    return _opened(database_url(url))


@functools.cache
def _opened(url: str) -> SqlStore:
    return SqlStore(url)
