"""What policies say, as findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.judging.judge import printable
from deepcat.policies.values import Policies, Said, Subject

DENIED, WARNED, BROKEN = "policy/denied", "policy/warned", "policy/broken"

# The place of a value, by the keys that lead to it.
Pointed = Callable[[Subject, str], Place]


def judged(
    policies: Policies,
    subjects: Sequence[Subject],
    pointed: Pointed = lambda subject, _: subject.place,
    *,
    trusted: bool = True,
) -> tuple[Finding, ...]:
    """All findings, sorted: of subjects, and of policies that cannot be evaluated.

    Raises:
        DeepcatError: a library is missing (``policy/library``).
    """
    if not policies:
        return ()
    from deepcat.policies.evaluate import ask

    said = findings(ask(policies, subjects, trusted=trusted), pointed)
    return tuple(sorted({*policies.broken, *said}))


def findings(said: Sequence[Said], pointed: Pointed) -> Iterator[Finding]:
    """What was said, as findings."""
    for each in said:
        yield printable(_finding(each, pointed))


def _finding(said: Said, pointed: Pointed) -> Finding:
    policy = said.policy
    rule = f"{policy.path}:{policy.line}" if policy.line else policy.path
    if said.subject is None:
        return Finding(
            Place(policy.path, policy.line),
            BROKEN,
            f"the policy `{policy.name}` cannot be evaluated: {said.message}",
            "mend the policy, or take it away; until then nothing passes",
        )
    if said.level == "broken":
        return Finding(
            said.subject.place,
            BROKEN,
            f"the policy `{policy.name}`, {rule}, cannot be evaluated for this: {said.message}",
            "mend the policy, or what it stumbles over here; until then this does not pass",
        )
    denied = said.level == "deny"
    return Finding(
        pointed(said.subject, said.at) if said.at else said.subject.place,
        DENIED if denied else WARNED,
        f"{said.message} (policy `{policy.name}`, {rule})",
        policy.hint or "change what the policy is about, or ask the catalog's owners",
        Severity.ERROR if denied else Severity.HINT,
    )
