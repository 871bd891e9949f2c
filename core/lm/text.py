"""Text as it may be stored: whatever a model or a table gave, made valid Unicode."""

from typing import Any


def storable(value: Any) -> Any:
    """The value with lone surrogates in its texts replaced by `?`, and all that JSON lacks as text.

    Models sometimes return half a character, which neither JSON nor a database can hold.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(key): storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
