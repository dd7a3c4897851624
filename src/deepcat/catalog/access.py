"""Who may call what a deployment serves: the section `access` of its file, as values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# What a cloud has to give for a word to be carried out, as offers name what they take.
GUARDED, TOKENS, ENCRYPTED = "access", "access.oidc", "access.tls"
WORDS = ("keys", "oidc", "origins", "limits", "tls")
# What a deployment says to take none of the catalog's words.
OPEN = "open"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One API key.

    Attributes:
        name: whose it is.
        secret: a reference to the key, such as ``env:DEEPCAT_WORKLOAD_ADA_KEY``; never a key.
        in_flight: requests at once; None for what holds for all callers.
        rate: requests a second; None for what holds for all callers.
        expires: the first day on which it counts no more, such as ``2027-01-31``; may be empty.
    """

    name: str
    secret: str
    in_flight: int | None = None
    rate: float | None = None
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Tls:
    """How the way is encrypted.

    Attributes:
        certificate: a reference to the server's certificate with its chain, PEM.
        key: a reference to its private key.
        minimum: the oldest version that is spoken, ``1.2`` or ``1.3``.
    """

    certificate: str
    key: str
    minimum: str = "1.2"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a deployment's servers, and how much.

    Attributes:
        keys: sorted by name.
        issuer: the OpenID provider whose tokens may call; empty for none.
        audience: for whom tokens must be.
        groups: in one of which the caller must be; empty for anybody with a token.
        claim: where a token names groups.
        origins: of the websites whose pages may call; ``*`` stands for any.
        in_flight: requests that one caller may have under way; 0 for no bound.
        rate: requests a second that one caller may ask; 0 for no bound.
        tls: how the way is encrypted; None for in clear.
        inherited: the words that the catalog's own file says, and not the deployment's.
        said: the section itself.
    """

    keys: tuple[AccessKey, ...] = ()
    issuer: str = ""
    audience: str = ""
    groups: tuple[str, ...] = ()
    claim: str = "groups"
    origins: tuple[str, ...] = ()
    in_flight: int = 0
    rate: float = 0.0
    tls: Tls | None = None
    inherited: tuple[str, ...] = ()
    said: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def asks(self) -> bool:
        """Whether whoever calls must show a key or a token."""
        return bool(self.keys or self.issuer)

    @property
    def away(self) -> str:
        """How a deployment's author does without it, as a hint begins."""
        return f"say `access: {{{OPEN}: true}}` here" if self.inherited else "take `access` away"

    @property
    def needs(self) -> tuple[str, ...]:
        """What a cloud has to take for it."""
        asked = ((GUARDED, True), (TOKENS, self.issuer), (ENCRYPTED, self.tls))
        return tuple(word for word, is_asked in asked if is_asked)

    @property
    def shows(self) -> str:
        """What a caller has to show: ``key``, ``token``, ``key or token``; empty for nothing."""
        asked = (("key", self.keys), ("token", self.issuer))
        return " or ".join(word for word, is_asked in asked if is_asked)

    @property
    def standing(self) -> dict[str, Any]:
        """What a server is started with, as plain data: all of it but the keys."""
        return {
            "asks": self.asks,
            "issuer": self.issuer,
            "audience": self.audience,
            "groups": list(self.groups),
            "claim": self.claim,
            "origins": list(self.origins),
            "in_flight": self.in_flight,
            "rate": self.rate,
            "tls": self.tls.minimum if self.tls else "",
        }


def worded(own: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    """The words that hold for a deployment: its own, and those of the catalog's that it lacks."""
    return {**{word: said for word, said in default.items() if word in WORDS}, **own}


def access_of(data: Mapping[str, Any] | None) -> Access | None:
    """What the section says; None where it lets everybody in. The schema has let it pass."""
    if data is None or data.get(OPEN):
        return None
    oidc, limits = data.get("oidc") or {}, data.get("limits") or {}
    tls = data.get("tls")
    return Access(
        keys=tuple(sorted(_keys(data.get("keys") or {}), key=lambda key: key.name)),
        issuer=oidc.get("issuer", ""),
        audience=oidc.get("audience", ""),
        groups=tuple(oidc.get("groups", ())),
        claim=oidc.get("groups_claim", "groups"),
        origins=tuple(data.get("origins", ())),
        in_flight=limits.get("in_flight", 0),
        rate=float(limits.get("rate", 0)),
        tls=Tls(tls["certificate"], tls["key"], tls.get("minimum", "1.2")) if tls else None,
        said=data,
    )


def _keys(data: Mapping[str, Any]) -> Iterator[AccessKey]:
    for name, said in data.items():
        rate = said.get("rate")
        yield AccessKey(
            name,
            said["secret"],
            said.get("in_flight"),
            None if rate is None else float(rate),
            str(said.get("expires", "")),
        )
