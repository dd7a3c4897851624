"""A wish without a file that trains a version again, to be compared: what it says of that. Pure.

It is taken from the commit that the version was trained from, has a goal of its own, so that it is
never taken for the training that it repeats, and is swept once nobody waits for it any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from deepcat.catalog.values import Deployment

# The word of such a wish: `version` that is made again, `commit` that it was trained from (empty
# for the files as they lie), `token` that tells one attempt from others, `until` when it is waited
# for at most (ISO 8601).
WORD: Final = "x-reproduce"


def said(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a wish says of it; nothing where it is none."""
    found = data.get(WORD)
    return found if isinstance(found, Mapping) else {}


def of(deployment: Deployment) -> Mapping[str, Any]:
    """The same of a deployment; of one that has a file, nothing."""
    return {} if deployment.path else said(deployment.data)
