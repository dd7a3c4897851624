"""What an OpenStack refuses, and what kind of failure that is, by its own words. Pure."""

from __future__ import annotations

from deepcat.clouds.failure import FailureKind
from deepcat.host.failure import StepError

_ASK = "ask for more, or let something else go"
# Words of a refusal or a server's fault -> the kind, the code and what helps; the first that fits.
_SAYS = (
    (
        "instance group policy was violated", FailureKind.CAPACITY, "run/server-group",
        "run the same again, or ask for another policy",
    ),
    (
        "instance group", FailureKind.CLOUD, "run/server-group", "run the same again",
    ),
    (
        "no valid host", FailureKind.CAPACITY, "run/no-host",
        "ask for another flavour, or wait until something else has gone",
    ),
    (
        "exceeded maximum number of retries", FailureKind.CAPACITY, "run/no-host",
        "ask for another flavour, or tell who runs the cloud",
    ),
    ("no more ip addresses", FailureKind.CAPACITY, "run/addresses", "name another network"),
    ("no more free ip", FailureKind.CAPACITY, "run/addresses", "name another pool"),
    ("no ip addresses available", FailureKind.CAPACITY, "run/addresses", "name another network"),
    ("quota exceeded", FailureKind.QUOTA, "run/quota", _ASK),
    ("exceeds quota", FailureKind.QUOTA, "run/quota", _ASK),
    ("exceeds allowed", FailureKind.QUOTA, "run/quota", _ASK),
    ("maximum number of volumes", FailureKind.QUOTA, "run/quota", _ASK),
    ("over quota", FailureKind.QUOTA, "run/quota", _ASK),
    ("too many ports", FailureKind.QUOTA, "run/quota", _ASK),
    ("maximum number of ports", FailureKind.QUOTA, "run/quota", _ASK),
    ("portlimitexceeded", FailureKind.QUOTA, "run/quota", _ASK),
    (
        "invalid key_name", FailureKind.CLOUD, "run/openstack",
        "name as `keypair` one of who calls, or leave it out",
    ),
    ("is locked", FailureKind.CLOUD, "run/going", "ask who locked it, then run the same again"),
    ("is unacceptable: image", FailureKind.CLOUD, "run/image", "name another image"),
    ("can not find requested image", FailureKind.CLOUD, "run/image", "name another image"),
    ("disk is too small", FailureKind.CLOUD, "run/image", "ask for a flavour with a larger disk"),
    ("http 401", FailureKind.AUTH, "run/denied", "renew the credentials"),
    ("requires authentication", FailureKind.AUTH, "run/denied", "renew the credentials"),
    ("could not find token", FailureKind.AUTH, "run/denied", "renew the credentials"),
    (
        "could not find application credential", FailureKind.AUTH, "run/denied",
        "make another one, and name it in the cloud's file",
    ),
    (
        "policy doesn't allow", FailureKind.AUTH, "run/denied",
        "ask who runs the cloud for the role that the guide names",
    ),
)  # fmt: skip


def refused(status: int, words: str) -> StepError:
    """What a refusal stands for.

    Args:
        status: of HTTP; 0 where there is none, or nobody answered.
        words: the cloud's own.
    """
    told = " ".join(words.split())[:500]
    kind, code, hint = judged(status, told)
    return StepError(kind.value, code, f"the cloud says: {told}", hint)


def judged(status: int, words: str) -> tuple[FailureKind, str, str]:
    """The kind, the code and what helps."""
    folded = words.lower()
    for part, kind, code, hint in _SAYS:
        if part in folded:
            return kind, code, hint
    if status in (401, 403):
        return FailureKind.AUTH, "run/denied", "see what the credentials may do there"
    if status == 413:
        return FailureKind.QUOTA, "run/quota", _ASK
    return FailureKind.CLOUD, "run/openstack", "see that it answers, then run the same again"
