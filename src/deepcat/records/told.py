"""What a person should know of the records while they are read: one line each, once a process."""

from __future__ import annotations

from deepcat.plain import plain

_said: set[str] = set()


def tell(line: str) -> None:
    """Say a line on standard error, unless the program that calls deepcat listens for itself."""
    import logging

    if line not in _said:
        _said.add(line)
        logging.getLogger("deepcat.records").warning("%s", plain(line))
