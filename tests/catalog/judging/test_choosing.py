"""Which version a wish gets, as a table: no repository, no files."""

from __future__ import annotations

import pytest

from deepcat.catalog.judging.choosing import Choice, Nothing, Tip, choose
from deepcat.catalog.reading.history import Carried


def past(*versions: str) -> list[Carried]:
    """What history tells, the newest first; the folder of one that was taken away is empty."""
    return [
        Carried(each.strip("-"), f"c{each}", "" if each == "-" else f"f{each}") for each in versions
    ]


SOUND, BROKEN = Tip("1.2.0", True), Tip("1.2.0", False)
UNREAD = Tip("", False)
LINE = past("1.2.0", "1.1.0", "1.0.0")
GONE = past("-", "1.2.0", "1.1.0", "1.0.0")
RAN = Carried("1.1.0", "ran", "f-ran")
MIXED = past("1.2.0", "2.0.0", "2.0.0-rc.1", "1.10.0", "1.9.0", "0.3.1", "0.3.0", "newest")


@pytest.mark.parametrize(
    ("wish", "tip", "known", "ran", "gets"),
    [
        # What stands at the tip comes first wherever it fits.
        ("*", SOUND, LINE, None, "tip"),
        ("", SOUND, LINE, None, "tip"),
        ("1.2.0", SOUND, LINE, None, "tip"),
        ("^1.0.0", SOUND, LINE, None, "tip"),
        ("^1.0.0", SOUND, past("1.2.0", "1.9.0"), None, "tip"),  # it was taken back
        (">=1", SOUND, MIXED, None, "tip"),
        ("^1.0.0", SOUND, LINE, RAN, "tip"),
        # One version is taken from wherever history has it.
        ("1.1.0", SOUND, LINE, None, "c1.1.0"),
        ("1.0.0", SOUND, LINE, RAN, "c1.0.0"),
        ("2.0.0-rc.1", SOUND, MIXED, None, "c2.0.0-rc.1"),
        ("1.1.0", BROKEN, LINE, None, "c1.1.0"),
        ("1.1.0", UNREAD, LINE, None, "c1.1.0"),
        ("1.1.0+cuda", SOUND, past("1.2.0", "1.1.0+cuda", "1.1.0"), None, "c1.1.0+cuda"),
        # Of a range that the tip does not meet, the highest.
        ("^2.0.0", SOUND, MIXED, None, "c2.0.0"),
        (">=1.9 <2", SOUND, MIXED, None, "c1.10.0"),
        ("~1.9.0", SOUND, MIXED, None, "c1.9.0"),
        ("1.9.x", SOUND, MIXED, None, "c1.9.0"),
        ("0.3.x", SOUND, MIXED, None, "c0.3.1"),
        ("<1", SOUND, MIXED, None, "c0.3.1"),
        ("0.9.x", SOUND, past("1.2.0", "0.9.1", "0.9.2"), None, "c0.9.2"),
        ("<1.0.0 || >=2", SOUND, MIXED, None, "c2.0.0"),
        ("<2.0.0", SOUND, past("3.0.0", "2.0.0-rc.1", "1.1.0"), None, "tip"),
        ("<1.2.0", SOUND, past("1.2.0", "1.2.0-rc.1", "1.1.0"), None, "c1.1.0"),
        ("^1.3.0-rc.0", SOUND, past("1.2.0", "1.4.0-rc.1", "1.3.0-rc.1"), None, "c1.3.0-rc.1"),
        ("^2.0.0", SOUND, past("1.2.0", "2.0.0-rc.1"), None, ""),  # not before its release
        ("^3.0.0", SOUND, MIXED, None, ""),
        ("1.0.1", SOUND, LINE, None, ""),
        ("newest", SOUND, MIXED, None, "cnewest"),  # no range; the check refuses the wish itself
        # A module with errors at the tip: what ran goes on, nothing new begins by a range.
        ("^1.0.0", BROKEN, LINE, RAN, "ran"),
        ("*", BROKEN, LINE, RAN, "ran"),
        ("1.1.0", BROKEN, LINE, RAN, "c1.1.0"),
        ("1.2.0", BROKEN, LINE, Carried("1.2.0", "ran", "f"), "ran"),
        ("^1.0.0", BROKEN, LINE, None, ""),
        ("1.2.0", BROKEN, LINE, None, ""),
        ("^1.2.0", BROKEN, LINE, RAN, ""),  # the wish no longer takes in what ran
        ("^1.0.0", UNREAD, LINE, RAN, "ran"),
        ("^1.0.0", UNREAD, LINE, None, ""),
        ("*", Tip("newest", False), LINE, None, ""),
        ("1.0.0", Tip("newest", False), LINE, None, "c1.0.0"),
        ("<1.2", BROKEN, LINE, None, "c1.1.0"),  # the broken one is not what is asked for
        # A module that was taken away: what ran, and what is pinned, goes on.
        ("^1.0.0", None, GONE, RAN, "ran"),
        ("*", None, GONE, RAN, "ran"),
        ("1.1.0", None, GONE, RAN, "ran"),
        ("1.0.0", None, GONE, RAN, "c1.0.0"),
        ("1.0.0", None, GONE, None, "c1.0.0"),
        ("^1.0.0", None, GONE, None, "goes on"),
        ("^2.0.0", None, GONE, None, ""),
        ("^2.0.0", None, GONE, RAN, ""),
        ("1.0.0", None, [], None, ""),
        ("*", None, past("-"), None, ""),
    ],
)  # fmt: skip
def test_what_a_wish_gets(
    wish: str, tip: Tip | None, known: list[Carried], ran: Carried | None, gets: str
) -> None:
    found = choose("demo", wish, tip, known, ran)
    if isinstance(found, Nothing):
        assert gets == ("goes on" if found.goes_on else "")
    else:
        assert gets == (found.carried.commit if found.carried else "tip")


@pytest.mark.parametrize(
    ("wish", "tip", "known", "says", "hint"),
    [
        ("^3", SOUND, LINE, "nothing meets `^3`: `demo` is at 1.2.0, and was at 1.1.0, 1.0.0",
         "write `version: ^1.2.0`"),
        ("^3", SOUND, past("1.2.0"), "nothing meets `^3`: `demo` is at 1.2.0", "^1.2.0"),
        ("^1.0.0", BROKEN, LINE, "", "mend the module, or write `version: 1.1.0`"),
        ("1.2.0", BROKEN, LINE, "", "mend the module"),
        ("*", UNREAD, LINE, "", "mend the module, or write `version: 1.2.0`"),
        ("^1.0.0", None, GONE, "the module `demo` is no longer in the catalog; it had 1.2.0, 1.1.0,"
         " 1.0.0", "pin one of them, such as `version: 1.2.0`"),
        ("^9", None, GONE, "is no longer in the catalog", "such as `version: 1.2.0`"),
        ("*", None, [], "there is no module `demo`", ""),
        ("^9", SOUND, past("1.2.0", *(f"1.1.{at}" for at in range(10))), "1.1.2 and 2 more", ""),
    ],
)  # fmt: skip
def test_what_is_said(
    wish: str, tip: Tip | None, known: list[Carried], says: str, hint: str
) -> None:
    found = choose("demo", wish, tip, known)
    assert isinstance(found, Nothing)
    assert says in found.why
    assert bool(says) == bool(found.why)
    assert hint in found.hint


@pytest.mark.parametrize(
    ("tip", "known", "ran", "why"),
    [
        (SOUND, LINE, None, ""),
        (None, GONE, None, "the module `demo` is no longer in the catalog"),
        (None, GONE, RAN, "the module `demo` is no longer in the catalog; what ran goes on"),
        (BROKEN, LINE, RAN, ""),
    ],
)
def test_what_a_person_is_told(
    tip: Tip | None, known: list[Carried], ran: Carried | None, why: str
) -> None:
    found = choose("demo", "1.1.0", tip, known, ran)
    assert isinstance(found, Choice)
    assert found.why == why


def test_a_broken_tip_is_said() -> None:
    found = choose("demo", "^1.0.0", BROKEN, LINE, RAN)
    assert found == Choice(RAN, "the module `demo` has errors at the tip; what ran, 1.1.0, goes on")
