"""Who may call a server: what it is started with for it. Pure.

The keys themselves it reads from a file (`keys`), so that others count without a new start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Beside the keys.
CERTIFICATE, PRIVATE_KEY = "certificate.pem", "private-key.pem"


@dataclass(frozen=True)
class Access:
    """What a server is told of its callers when it starts.

    Attributes:
        asks: whether each call has to show a key or a token.
        issuer: the OpenID provider whose tokens may call; empty for none.
        audience: for whom they must be.
        groups: in one of which the caller must be; empty for anybody with a token.
        claim: where a token names groups.
        origins: of the websites whose pages may call.
        in_flight: requests that one caller may have under way; 0 for no bound.
        rate: requests a second that one caller may ask; 0 for no bound.
        tls: the oldest version of TLS that is spoken; empty where the way is in clear.
    """

    asks: bool = False
    issuer: str = ""
    audience: str = ""
    groups: tuple[str, ...] = ()
    claim: str = "groups"
    origins: tuple[str, ...] = ()
    in_flight: int = 0
    rate: float = 0.0
    tls: str = ""

    @property
    def reads(self) -> bool:
        """Whether the server reads files that the run gives it: keys, or a certificate."""
        return self.asks or bool(self.tls)

    def arguments(self, keys: Path) -> list[str]:
        """What the server's command is given besides; its keys lie in `keys`."""
        words = [f"--allow-origin={each}" for each in self.origins]
        if self.tls:
            words.append(f"--certificate={keys.with_name(CERTIFICATE)}")
            words.append(f"--private-key={keys.with_name(PRIVATE_KEY)}")
            words.append(f"--minimum-tls={self.tls}")
        if not self.asks:
            return words
        words.append(f"--keys={keys}")
        if self.issuer:
            words += [f"--oidc-issuer={self.issuer}", f"--oidc-audience={self.audience}"]
            words += [f"--oidc-group={each}" for each in self.groups]
            words.append(f"--oidc-groups-claim={self.claim}")
        words += [f"--caller-in-flight={self.in_flight}"] if self.in_flight else []
        return words + ([f"--caller-rate={self.rate:g}"] if self.rate else [])


OPEN = Access()


def access_of(data: Mapping[str, Any] | None) -> Access:
    """From plain data, as `dataclasses.asdict` and JSON give it; None for whoever calls."""
    if not data:
        return OPEN
    return Access(
        bool(data.get("asks")),
        str(data.get("issuer") or ""),
        str(data.get("audience") or ""),
        tuple(map(str, data.get("groups") or ())),
        str(data.get("claim") or "groups"),
        tuple(map(str, data.get("origins") or ())),
        int(data.get("in_flight") or 0),
        float(data.get("rate") or 0),
        str(data.get("tls") or ""),
    )
