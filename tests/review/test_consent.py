"""Who may say yes, one case a row: the votes as a forge tells them, and whether they suffice."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.forge.values import People, Role, Says, Vote
from deepcat.review.consent import heard, is_answered
from deepcat.review.values import Ask

HEAD, OLD = "h" * 40, "o" * 40
OWN, WRITE, READ = Role.OWNER, Role.WRITER, Role.READER
YES, NO, BACK = Says.YES, Says.NO, Says.WITHDRAWN
MODULE = Ask("modules/x", "changes a module of others", ("ann", "deep/staff"))
ITSELF = Ask("clouds/", "changes the catalog itself", ("root",))
UNOWNED = Ask("clouds/", "changes the catalog itself", ())
NAMED = Ask("modules/x", "names a new maintainer", ("ann", "bob"), True)
GROUPS = {"maintainers": frozenset({"root"}), "staff": frozenset({"ann", "deep/staff"})}


def vote(who: str, says: Says = YES, commit: str = HEAD, role: Role = READ, **more: Any) -> Vote:
    return Vote(who, says, commit, role, **more)


# what is asked; author, their role; votes; groups; whether it is answered
CASES: dict[str, tuple[Ask, str, Role, list[Vote], dict[str, frozenset[str]], bool]] = {
    "nobody": (MODULE, "eve", READ, [], GROUPS, False),
    "the owner of the part is the author": (MODULE, "ann", READ, [], {}, True),
    "the author in other letters": (MODULE, "@ANN", READ, [], {}, True),
    "an owner in a group": (MODULE, "eve", READ, [vote("ann")], GROUPS, True),
    "an owner in other letters": (MODULE, "eve", READ, [vote("Ann")], GROUPS, True),
    "an owner in no group who may write": (
        MODULE, "eve", READ, [vote("ann", role=WRITE)], {}, True),
    "an owner in no group who may only read": (MODULE, "eve", READ, [vote("ann")], {}, False),
    "somebody else who may write": (MODULE, "eve", READ, [vote("bob", role=WRITE)], GROUPS, False),
    "a steward": (MODULE, "eve", READ, [vote("root")], GROUPS, True),
    "a steward who is the author": (MODULE, "root", OWN, [], GROUPS, False),
    "the author's own review": (MODULE, "root", OWN, [vote("root", role=OWN)], GROUPS, False),
    "the author's own review in other letters": (
        MODULE, "root", OWN, [vote("ROOT", role=OWN)], GROUPS, False),
    "of another commit": (MODULE, "eve", READ, [vote("ann", YES, OLD)], GROUPS, False),
    "of another commit, then a comment's no vote": (
        MODULE, "eve", READ, [vote("ann", YES, OLD), vote("bob", NO)], GROUPS, False),
    "taken back": (MODULE, "eve", READ, [vote("ann"), vote("ann", BACK)], GROUPS, False),
    "taken back in other letters": (
        MODULE, "eve", READ, [vote("ann"), vote("Ann", BACK)], GROUPS, False),
    "no after yes": (MODULE, "eve", READ, [vote("ann"), vote("ann", NO)], GROUPS, False),
    "yes after no": (MODULE, "eve", READ, [vote("ann", NO), vote("ann")], GROUPS, True),
    "a bot with rights": (MODULE, "eve", READ, [vote("ann", role=OWN, is_bot=True)], GROUPS, False),
    "a look-alike of a handle": (
        MODULE, "eve", READ, [vote("\u0430nn", role=WRITE)], GROUPS, False),
    "a look-alike that lower case folds": (
        ITSELF, "\u212aroot", READ, [], {"maintainers": frozenset({"kroot"})}, False),
    "an empty handle": (UNOWNED, "", READ, [vote("", role=OWN)], {}, False),
    "nobody proved, nobody named": (UNOWNED, "", READ, [], {}, False),
    "the forge's owner beside named stewards": (
        ITSELF, "eve", READ, [vote("boss", role=OWN)], GROUPS, False),
    "the forge's owner where nobody is named": (
        UNOWNED, "eve", READ, [vote("boss", role=OWN)], {}, True),
    "the forge's owner as author where nobody is named": (UNOWNED, "boss", OWN, [], {}, True),
    "a writer where nobody is named": (
        UNOWNED, "eve", READ, [vote("bob", role=WRITE)], {}, False),
    "another group does not maintain the catalog": (
        UNOWNED, "ann", READ, [vote("ann")], {"staff": frozenset({"ann"})}, False),
    "a steward changes the catalog itself": (ITSELF, "root", READ, [], GROUPS, True),
    "consent of one of two": (NAMED, "ann", READ, [], GROUPS, False),
    "consent of both, without rights": (NAMED, "ann", READ, [vote("bob")], {}, True),
    "a steward consents for nobody": (NAMED, "ann", READ, [vote("root")], GROUPS, False),
    "consent to another commit": (NAMED, "ann", READ, [vote("bob", YES, OLD)], {}, False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_yes_is_one_or_is_none(case: str) -> None:
    ask, author, role, votes, groups, expected = CASES[case]
    by = heard(People(HEAD, author, role, tuple(votes)), groups)
    assert is_answered(ask, by) is expected


@pytest.mark.parametrize(
    ("teams", "expected"), [({"Bob": frozenset({"Deep/Staff"})}, True), ({}, False)]
)
def test_a_team_s_member_speaks_for_it(teams: Any, expected: bool) -> None:
    by = heard(People(HEAD, "eve", READ, (vote("bob"),), teams), GROUPS)
    assert is_answered(MODULE, by) is expected


def test_a_no_of_somebody_who_counts_stands_until_it_is_taken_back() -> None:
    votes = (vote("ann", NO, OLD), vote("bob", NO), vote("root"), vote("eve", NO))
    assert heard(People(HEAD, "eve", READ, votes), GROUPS).no == {"ann"}
    taken_back = (*votes, vote("ann", BACK))
    assert heard(People(HEAD, "eve", READ, taken_back), GROUPS).no == frozenset()
