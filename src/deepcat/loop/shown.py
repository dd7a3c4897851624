"""The key that is shown to a deployment which asks for one: where it lies, and when it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.plan.values import State

# Holds the key, or a token, itself.
VARIABLE = "DEEPCAT_KEY"
HINT = f"put one that counts into `{VARIABLE}`, or let `predict --key env:NAME` say where it lies"


def key_for(state: State, reference: str = "") -> str:
    """The key, or token, to show; empty for none.

    One that is not named is shown to nobody who does not ask for one.

    Args:
        state: of the deployment.
        reference: where it lies, such as ``env:NAME``; empty for the variable.

    Raises:
        DeepcatError: it is not there, or no reference (``secret/…``).
    """
    if reference:
        from deepcat.secrets.resolve import resolve

        return resolve(reference)
    found = os.environ.get(VARIABLE, "") if asks(state) else ""
    if found:
        from deepcat.secrets.mask import remember

        remember(found)
    return found


def asks(state: State) -> str:
    """What a deployment asks its callers to show: ``key``, ``token`` or both; empty for nothing."""
    from deepcat.plan.access import recorded

    access = recorded(state.access)
    return access.shows if access else ""


def with_hint(error: DeepcatError) -> DeepcatError:
    """An error of who was not let in, with how a person shows a key here."""
    from deepcat.host.model_server.client import TURNED_AWAY

    if error.code != TURNED_AWAY:
        return error
    return DeepcatError(error.message, hint=HINT, code=error.code)
