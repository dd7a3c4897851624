"""EDGE: tokens of an OpenID provider; its keys are asked from it, kept, and asked again."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import json
import logging
import os
import ssl
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from deepcat.errors import UsageError
from deepcat.serving.contract.bare import missing
from deepcat.serving.contract.status import Code, ServingError

_LOG = logging.getLogger("deepcat.serving")
# Signatures by a key that only the issuer has; never HMAC, never none.
_ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
_KEYS_S = 300.0  # a key that the issuer took back counts no longer than that, where it answers
_KEPT_S = 3600.0  # nor than that where it does not
_AGAIN_S = 10.0  # strangers' tokens make us ask no oftener than that
_TOKEN_S = 60.0
_TOKENS = 4096
_LEEWAY_S = 30
_ANSWER = 2**20
_WAIT_S = 5.0
# Where families of Linux keep whom they trust. A Python that was brought from another family looks
# in its own place alone.
_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Which tokens count.

    Attributes:
        issuer: the provider's address, as its tokens name it.
        audience: for whom they must be.
        groups: of which the caller has to be in one; empty for anybody.
        claim: where a token names groups.
    """

    issuer: str
    audience: str
    groups: frozenset[str] = frozenset()
    claim: str = "groups"

    def __post_init__(self) -> None:
        if not _is_safe(self.issuer):
            hint = "its keys would come to us unprotected"
            raise UsageError(f"`{self.issuer}` is no https address", hint=hint)


@dataclass(slots=True)
class Issuer:
    """An OpenID provider, known by its tokens' signatures."""

    trust: Trust
    _keys: dict[str, Any] = field(default_factory=dict)
    _had: float = -1e9
    _asked: float = -1e9
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[bytes, tuple[str, float]] = field(default_factory=dict)

    @staticmethod
    def check() -> None:
        """See that tokens can be read at all.

        Raises:
            DeepcatError: what reads them is not installed (``serving/missing``).
        """
        for name in ("jwt", "cryptography"):
            if importlib.util.find_spec(name) is None:
                raise missing(name)

    async def subject(self, token: str) -> str:
        """Whose token it is.

        Raises:
            ServingError: UNAUTHENTICATED, PERMISSION_DENIED, or UNAVAILABLE where the issuer's
                keys cannot be had.
        """
        digest = hashlib.sha256(token.encode()).digest()
        subject, until = self._known.get(digest, ("", 0.0))
        if time.time() < until:
            return subject
        claims = await asyncio.to_thread(self.verified, token)
        if len(self._known) >= _TOKENS:
            self._known.clear()
        subject = str(claims.get("sub", ""))
        self._known[digest] = subject, min(time.time() + _TOKEN_S, float(claims["exp"]))
        return subject

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that counts; raises as `subject`."""
        import jwt

        trust = self.trust
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=trust.audience,
                issuer=trust.issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise ServingError(Code.UNAUTHENTICATED, f"The token does not count: {error}") from None
        if trust.groups and not trust.groups & _groups(claims, trust.claim):
            raise ServingError(Code.PERMISSION_DENIED, "The token names no group that may call")
        return claims

    def _key(self, name: str) -> Any:
        """The key of this id; without one, the only one there is."""
        if self._must_ask(name):
            try:
                self._fetch()
            finally:
                self._asking.release()
        elif not self._keys:
            with self._asking:  # another may just be asking
                pass
        if not self._keys:
            message = "The keys of the tokens' issuer cannot be had"
            raise ServingError(Code.UNAVAILABLE, message)
        key = self._find(name)
        if key is None and self._asking.locked():
            # Whoever names a key that nobody knows does not hold a thread until the issuer answers.
            raise ServingError(Code.UNAVAILABLE, "The tokens' issuer is just asked for its keys")
        if key is None:
            raise ServingError(Code.UNAUTHENTICATED, "The token's key is none of the issuer's")
        return key

    def _must_ask(self, name: str) -> bool:
        """Whether the caller is to ask the issuer now; `_asking` is then held for it."""
        with self._lock:
            now = time.monotonic()
            if now - self._had > _KEPT_S:
                self._keys = {}
            age = now - self._asked
            must = age > _KEYS_S or (self._find(name) is None and age > _AGAIN_S)
            if not must or not self._asking.acquire(blocking=False):
                return False
            self._asked = now
            return True

    def _find(self, name: str) -> Any:
        keys = self._keys
        return next(iter(keys.values())) if not name and len(keys) == 1 else keys.get(name)

    def _fetch(self) -> None:
        import jwt

        issuer = self.trust.issuer.rstrip("/")
        try:
            said = _json(f"{issuer}/.well-known/openid-configuration")
            if said.get("issuer") != self.trust.issuer:
                raise ValueError(f"it calls itself {str(said.get('issuer'))[:200]!r}")
            found = jwt.PyJWKSet.from_dict(_json(said["jwks_uri"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
            _LOG.warning("the keys of %s cannot be had: %s", issuer, error)
            return
        keys = [key for key in found.keys if key.public_key_use in (None, "sig")]
        self.take({key.key_id or "": key for key in keys})

    def take(self, keys: dict[str, Any]) -> None:
        """Let these keys count from now on, by their ids."""
        with self._lock:
            self._keys = keys
            self._had = self._asked = time.monotonic()


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows nobody: keys come from the issuer itself."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _json(url: str) -> dict[str, Any]:
    if not _is_safe(url):
        raise ValueError(f"{url[:200]!r} is no https address")
    # Through no proxy but what the variables of the server's owner say, as every client.
    opener = urllib.request.build_opener(
        _Stays, urllib.request.HTTPSHandler(context=trusting(_AUTHORITIES))
    )
    with opener.open(url, timeout=_WAIT_S) as answer:
        content = answer.read(_ANSWER + 1)
    if len(content) > _ANSWER:
        raise ValueError("the answer is too large")
    found = json.loads(content)
    if not isinstance(found, dict):
        raise TypeError("the answer is no object")
    return found


def trusting(places: Sequence[str]) -> ssl.SSLContext:
    """What verifies a server by whom this machine trusts.

    Args:
        places: files, of which the first that is there counts where Python's own place is empty.
    """
    context, own = ssl.create_default_context(), ssl.get_default_verify_paths()
    found = next(filter(os.path.isfile, places), "")
    if found and not own.cafile and not own.capath:
        context.load_verify_locations(found)
    return context


def _is_safe(url: str) -> bool:
    """Whether what it answers is the issuer's own word: by https, or from this machine."""
    parts = urlsplit(url)
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return bool(parts.hostname) and parts.scheme in (("https", "http") if is_here else ("https",))


def _groups(claims: dict[str, Any], claim: str) -> set[str]:
    value = claims.get(claim, ())
    values = value.split() if isinstance(value, str) else value
    return {each for each in values if isinstance(each, str)} if isinstance(values, list) else set()
