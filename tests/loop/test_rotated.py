"""API keys that are others by now where they lie."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from deepcat.catalog.access import Access, AccessKey, access_of
from deepcat.errors import DeepcatError
from deepcat.host.model_server.keys import mark_of, mark_of_pair
from deepcat.loop.rotated import rotated

ONE, TWO = "k" * 40, "m" * 40
LIES = {"env:DEEPCAT_WORKLOAD_A": ONE, "env:DEEPCAT_WORKLOAD_B": TWO}
ADA = AccessKey("ada", "env:DEEPCAT_WORKLOAD_A")
BOB = AccessKey("bob", "env:DEEPCAT_WORKLOAD_B")


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def wished(*keys: AccessKey) -> Any:
    """What of a wish, or of a record, the question needs."""
    access = Access(keys) if keys else None
    said = {key.name: {"secret": key.secret} for key in keys}
    applied = SimpleNamespace(access={"keys": said} if said else {})
    return SimpleNamespace(deployment=SimpleNamespace(access=access), state=applied)


def test_a_key_that_is_another_by_now_is_noticed() -> None:
    there = {"demo": {"ada": mark_of(digest(ONE)), "bob": mark_of(digest(ONE))}}
    known = {"demo": wished(ADA, BOB)}
    assert rotated(known, known, there, LIES.__getitem__) == {"demo": ("bob",)}

    def nowhere(reference: str) -> str:
        raise DeepcatError(f"{reference} is not there", code="secret/missing")

    # Of what cannot be looked up nothing is known; what the wish adds or drops the plan says.
    assert rotated(known, known, there, nowhere) == {}
    assert rotated({"demo": wished()}, known, there, LIES.__getitem__) == {}
    assert rotated({}, known, there, LIES.__getitem__) == {}
    eve = {"demo": wished(replace(BOB, name="eve"))}
    assert rotated(eve, eve, there, LIES.__getitem__) == {}


def test_a_certificate_that_is_another_by_now_is_noticed() -> None:
    tls = {"certificate": "env:C", "key": "env:K"}
    pair = [f"-----BEGIN CERTIFICATE-----\n{'QUJD' * 4}\n-----END CERTIFICATE-----\n"]
    pair += ["-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n"]
    lies = dict(zip(("env:C", "env:K"), pair, strict=True)).__getitem__
    wish: Any = SimpleNamespace(deployment=SimpleNamespace(access=access_of({"tls": tls})))
    record: Any = SimpleNamespace(state=SimpleNamespace(access={"tls": tls}))
    for mark, found in ((mark_of_pair(*pair), {}), ("other", {"demo": ("",)})):
        there = {"demo": {"": mark}}
        assert rotated({"demo": wish}, {"demo": record}, there, lies) == found
    others: Any = SimpleNamespace(state=SimpleNamespace(access={"tls": {**tls, "key": "env:X"}}))
    assert rotated({"demo": wish}, {"demo": others}, {"demo": {"": "other"}}, lies) == {}


def test_no_reference_is_looked_up_that_was_never_applied() -> None:
    there = {"demo": {"bob": mark_of(digest(ONE))}}
    asked: list[str] = []

    def noting(reference: str) -> str:
        asked.append(reference)
        return TWO

    strange = {"demo": wished(replace(BOB, secret="vault:secret/data/others#key"))}
    assert rotated(strange, {"demo": wished(BOB)}, there, noting) == {}
    assert rotated(strange, {}, there, noting) == {}
    for forged in ({"keys": []}, {"keys": {"bob": "x"}}, {}):
        record: Any = SimpleNamespace(state=SimpleNamespace(access=forged))
        assert rotated(strange, {"demo": record}, there, noting) == {}
    assert asked == []
