"""What is said of a name that means nothing."""

from __future__ import annotations

import pytest

from deepcat.catalog.wording import unknown


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        ((), "there is none yet"),
        (("beta", "alpha"), "there is: `alpha`, `beta`"),
        (("garden", "alpha"), "did you mean `garden`?"),
    ],
)
def test_the_hint_leads_to_what_there_is(known: tuple[str, ...], hint: str) -> None:
    error = unknown("deployment", "gardn", known)
    assert (error.message, error.hint) == ("there is no deployment `gardn`", hint)
