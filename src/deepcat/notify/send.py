"""All notices of a run, to everyone who wants them; what cannot be sent fails nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.notify.rules import MOST, chosen, letter, wanted
from deepcat.notify.values import Event, Notice, Wanted
from deepcat.secrets.mask import mask, mask_data
from deepcat.secrets.reference import parse
from deepcat.secrets.resolve import resolve


def send_all(
    settings: Mapping[str, Any], notices: Sequence[Notice], say: Callable[[str], None]
) -> None:
    """Tell everyone.

    Args:
        settings: `deepcat.yaml`.
        notices: what happened.
        say: hears what could not be sent, and why; never an address.
    """
    for number, entry in enumerate(wanted(settings), 1):
        mine = chosen(entry, notices)
        if not mine:
            continue
        try:
            _send(entry, mine)
        except DeepcatError as error:
            say(f"notify, entry {number}: {mask(error.message)} ({mask(error.hint)})")
        except Exception as error:  # a service's own library must not fail what was carried out
            say(f"notify, entry {number}: {type(error).__name__}")


def _send(entry: Wanted, notices: Sequence[Notice]) -> None:
    address = resolve(entry.to) if parse(entry.to) else entry.to
    key = resolve(entry.secret) if entry.secret else ""
    clean = [_masked(each) for each in notices]
    if address.startswith(("https://", "http://")):
        from deepcat.notify.webhook import post

        for each in clean[:MOST]:
            post(address, each, key)
        return
    from deepcat.notify.services import send

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would name the address
    send(address, *letter(clean))


def _masked(notice: Notice) -> Notice:
    """The notice without any secret that was resolved."""
    data = mask_data({**asdict(notice), "event": str(notice.event)})
    return replace(notice, **{**data, "event": Event(data["event"])})
