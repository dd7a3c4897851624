"""After a failure: the one pull request that takes a wish back, or the one issue. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deepcat.forge.values import Issue, Part, Proposal
from deepcat.records.shape import address
from deepcat.review.comment import code, plain

REVERT, MEND, AUTH, PROBE = "revert/", "mend/", "auth/", "probe/"
_WORDS = {
    "capacity": "no room",
    "quota": "quota",
    "auth": "credentials",
    "cloud": "cloud",
    "module": "module",
    "bounds": "bounds",
    "refused": "no place",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A wish that main holds and reality does not.

    Attributes:
        deployment: its name.
        wished: the module and version wished, in words; empty when it shall be taken down.
        commit: the commit that was applied.
        failures: one for each cloud tried: kind, code, message, hint, cloud, step.
        still: what runs now, in words; empty when nothing does.
        run: the run's id; empty when nothing was tried.
        log: address of the workflow's run that tried it; may be empty.
    """

    deployment: str
    wished: str
    commit: str
    failures: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    still: str = ""
    run: str = ""
    log: str = ""

    @property
    def is_mistake(self) -> bool:
        """Whether what was merged is wrong, rather than the world."""
        return bool(self.failures) and self.failures[-1].get("kind") == "module"


def answer(
    trouble: Trouble, parts: Mapping[str, Part | None] | None, base: str
) -> Proposal | Issue:
    """What a person is asked to do.

    Args:
        trouble: what failed.
        parts: what takes the wish back to what ran last; None or empty where nothing would.
        base: the branch that is the truth.
    """
    if trouble.is_mistake and parts:
        return Proposal(
            key=f"{REVERT}{trouble.deployment}",
            base=base,
            title=f"Take {trouble.deployment} back to what runs",
            body=_body(trouble) + _restored(parts),
            parts=parts,
        )
    return Issue(
        key=f"{MEND}{trouble.deployment}",
        title=f"{trouble.deployment} does not run as wished",
        body=_body(trouble) + _to_mend(trouble),
    )


def over(deployment: str, path: str, base: str) -> Proposal:
    """The pull request that takes a wish away whose lifetime is over."""
    return Proposal(
        key=f"over/{deployment}",
        base=base,
        title=f"Take the wish for {deployment} away: its lifetime is over",
        body=(
            f"The deployment {code(deployment)} has outlived its lifetime and was ended. Merging"
            " this takes its file away; a longer `lifetime` in it would bring it up again.\n"
        ),
        parts={path: None},
    )


def refused(failure: Mapping[str, str], deployment: str) -> Issue:
    """What a person is asked to do about a cloud that refuses our credentials.

    Args:
        failure: kind, code, message, hint, cloud, step.
        deployment: that went elsewhere for it.
    """
    cloud = failure.get("cloud", "")
    return Issue(
        key=f"{AUTH}{cloud}",
        title=f"{cloud} refuses our credentials",
        body=(
            f"The deployment {code(deployment)} went to another cloud, for {code(cloud)} said:"
            f" {plain(failure.get('message', ''))} {code(failure.get('code', ''))}\n\n"
            f"{plain(failure.get('hint', ''))}\n\n"
            "Renew the credentials; this closes by itself once something runs there again.\n"
        ),
    )


def unlocked(cloud: str, why: str) -> Issue:
    """What a person is asked to do about a cloud that lets nobody look at it.

    Args:
        cloud: its name.
        why: in its own words.
    """
    return Issue(
        key=f"{PROBE}{cloud}",
        title=f"{cloud} refuses our credentials",
        body=(
            f"Nothing is brought up on {code(cloud)}, nor looked at there: {plain(why)}\n\n"
            "Renew the credentials; this closes by itself once it answers again.\n"
        ),
    )


def keys(deployment: str) -> tuple[str, str]:
    """Under which a deployment's troubles are known."""
    return f"{REVERT}{deployment}", f"{MEND}{deployment}"


def _body(trouble: Trouble) -> str:
    wished = f"{plain(trouble.wished)} is wished" if trouble.wished else "it shall be taken down"
    lines = [
        f"The deployment {code(trouble.deployment)} is not as the main branch says: {wished}.",
        f"Now: {plain(trouble.still) if trouble.still else 'nothing of it runs'}.",
        "",
        "| cloud | kind | what | how to mend it |",
        "|---|---|---|---|",
    ]
    for each in trouble.failures:
        kind = _WORDS.get(each.get("kind", ""), "other")
        what = f"{plain(each.get('message', ''))} {code(each.get('code', ''))}"
        lines.append(
            f"| {code(each.get('cloud', '')) or '—'} | {kind} | {what}"
            f" | {plain(each.get('hint', ''))} |"
        )
    lines.append("")
    if trouble.commit:
        lines.append(f"Applied commit {trouble.commit}.")
    if trouble.run:
        log = f" ([its log]({trouble.log}))" if address(trouble.log) else ""
        lines.append(f"Run {code(trouble.run)}{log}; the records keep its causes.")
    return "\n".join(lines) + "\n"


def _restored(parts: Mapping[str, Part | None]) -> str:
    rows = [
        f"- {code(path)} {'is taken away' if part is None else 'is brought back'}"
        for path, part in sorted(parts.items())
    ]
    return (
        "\nMerging this brings the main branch back to what runs; nothing is changed on any cloud:"
        "\n\n" + "\n".join(rows) + "\n"
    )


def _to_mend(trouble: Trouble) -> str:
    kind = trouble.failures[-1].get("kind", "") if trouble.failures else ""
    if kind in ("capacity", "quota", "cloud"):
        return "\nIt is tried again by itself whenever the clouds are watched.\n"
    if kind == "auth":
        return "\nRenew the credentials, then run the deployment again.\n"
    if kind == "bounds":
        return "\nWiden the bounds in the deployment's file, or wait until they can be kept.\n"
    return "\nMend it by a pull request; the merge tries again.\n"
