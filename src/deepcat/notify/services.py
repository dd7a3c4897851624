"""EDGE of notify: mail, chat and all other services, by Apprise."""

from __future__ import annotations

from deepcat.errors import DeepcatError
from deepcat.extras import not_installed


def send(address: str, subject: str, text: str) -> None:
    """Send one message.

    Args:
        address: as Apprise writes it, such as ``mailtos://user:password@example.org``.
        subject: one line.
        text: plain lines.

    Raises:
        DeepcatError: Apprise is missing (``notify/library``), knows no such service
            (``notify/address``), or could not send (``notify/failed``).
    """
    try:
        import apprise
    except ImportError:
        raise not_installed("notify", "apprise", "notify/library") from None
    service = apprise.Apprise()
    if not service.add(address):
        raise DeepcatError(
            "the address is none that Apprise knows",
            hint="see Apprise's list of services for how an address is written",
            code="notify/address",
        )
    if not service.notify(text, title=subject, body_format=apprise.NotifyFormat.TEXT):
        raise DeepcatError(
            "the service did not take the message",
            hint="check the address and its credentials where the reference points to",
            code="notify/failed",
        )
