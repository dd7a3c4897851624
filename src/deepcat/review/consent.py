"""Who may say yes to what, and whether they have. Pure.

A yes counts for the commit that was looked at, from somebody who may write to the repository or is
in one of the catalog's groups. Nobody says yes to their own change of what is not theirs. To be
named as somebody who answers for a thing takes that person's own word, whoever they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from deepcat.forge.values import People, Role, Says, Vote
from deepcat.review.values import Ask, Heard, handle, handles

# The group that maintains the catalog itself.
STEWARDS = "maintainers"
_MAY_WRITE = (Role.OWNER, Role.WRITER)


def heard(people: People, groups: Mapping[str, frozenset[str]]) -> Heard:
    """Read the votes; of each person the last one stands.

    Args:
        people: who wrote it, and the votes.
        groups: the catalog's, at the target's tip; a team in one stands for all who are in it.
    """
    author = handle(people.author)
    teams = {handle(person): handles(found) for person, found in people.teams.items()}
    last = {
        who: vote
        for vote in people.votes
        if not vote.is_bot and (who := handle(vote.handle)) not in {"", author}
    }
    members = frozenset[str]().union(*groups.values())
    counted = {
        who: vote
        for who, vote in last.items()
        if vote.role in _MAY_WRITE or ({who} | teams.get(who, frozenset())) & members
    }
    yes = frozenset(who for who, vote in counted.items() if _is_yes(vote, people.head))
    owners = {who for who in yes if counted[who].role is Role.OWNER}
    own = {author} if author else set[str]()
    consent = {who for who, vote in last.items() if _is_yes(vote, people.head)}
    return Heard(
        author=author,
        yes=yes,
        no=frozenset(who for who, vote in counted.items() if vote.says is Says.NO),
        consent=frozenset(own | consent),
        owners=frozenset(owners | (own if people.role is Role.OWNER else set())),
        stewards=groups.get(STEWARDS, frozenset()),
        teams=teams,
    )


def is_answered(ask: Ask, by: Heard) -> bool:
    """Whether those who are asked have said yes."""
    whom = frozenset(ask.whom)
    if ask.all_of:
        return whom <= by.consent
    # Where the catalog names nobody, its forge's owners stand in for its maintainers.
    chief = by.stewards or by.owners
    if by.author and (by.names(by.author) & whom or (not whom and by.author in chief)):
        return True
    return any(by.names(who) & (whom | chief) for who in by.yes)


def _is_yes(vote: Vote, head: str) -> bool:
    return vote.says is Says.YES and vote.commit == head
