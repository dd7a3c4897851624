"""Keys of callers on their way to hosts: hashed here, refused where they could be tried out."""

from __future__ import annotations

import hashlib

import pytest

from deepcat.catalog.access import Access, AccessKey, Tls, access_of
from deepcat.errors import DeepcatError
from deepcat.runs.access import given, hashed

ONE, TWO = "k" * 40, "m" * 40
LIES = {"env:DEEPCAT_WORKLOAD_A": ONE, "env:DEEPCAT_WORKLOAD_B": TWO}
ADA = AccessKey("ada", "env:DEEPCAT_WORKLOAD_A", rate=2.0, expires="2027-01-31")
BOB = AccessKey("bob", "env:DEEPCAT_WORKLOAD_B", in_flight=0)
ACCESS = Access((ADA, BOB))


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def test_hosts_are_given_hashes_and_a_key_of_the_run() -> None:
    found = given(ACCESS, LIES.__getitem__)
    assert found is not None
    assert found.as_dict() == {
        "keys": [
            {"name": "ada", "sha256": digest(ONE), "rate": 2.0, "expires": "2027-01-31"},
            {"name": "bob", "sha256": digest(TWO), "in_flight": 0},
        ],
        "proof": found.proof,
        "certificate": "",
        "private_key": "",
    }
    again = given(ACCESS, LIES.__getitem__)
    assert again is not None and again.proof != found.proof and len(found.proof) >= 43
    assert found.proof not in repr(found)


def test_who_asks_nobody_gives_nothing() -> None:
    assert given(None) is None
    assert given(Access(origins=("*",))) is None
    only_tokens = given(Access(issuer="https://example.org", audience="a"))
    assert only_tokens is not None and only_tokens.keys == () and only_tokens.proof


TLS = Tls("env:C", "env:K")
CERTIFICATE = f"-----BEGIN CERTIFICATE-----\n{'QUJD' * 20}\n-----END CERTIFICATE-----"
PRIVATE = "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----"


def test_hosts_are_given_a_certificate_with_its_key_and_no_key_of_a_run_that_nobody_asks_for() -> (
    None
):
    found = given(Access(tls=TLS), {"env:C": f"\n{CERTIFICATE}\n\n", "env:K": PRIVATE}.__getitem__)
    assert found is not None
    assert (found.keys, found.proof) == ((), "")
    assert (found.certificate, found.private_key) == (f"{CERTIFICATE}\n", f"{PRIVATE}\n")
    assert PRIVATE not in repr(found)


@pytest.mark.parametrize(
    ("certificate", "key"),
    [
        ("", PRIVATE), ("hunter2", PRIVATE), (PRIVATE, PRIVATE), (CERTIFICATE, CERTIFICATE),
        (CERTIFICATE, "hunter2"), (CERTIFICATE, PRIVATE.replace("PRIVATE", "ENCRYPTED PRIVATE")),
    ],
)  # fmt: skip
def test_what_is_no_certificate_or_key_is_refused(certificate: str, key: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        given(Access(tls=TLS), {"env:C": certificate, "env:K": key}.__getitem__)
    assert caught.value.code == "run/certificate"
    assert "hunter2" not in str(caught.value.message)


@pytest.mark.parametrize("value", ["k" * 31, "k" * 513, "k" * 40 + "\n", "schlüssel" * 9, " " * 40])
def test_what_could_be_tried_out_is_no_key(value: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        hashed(Access((ADA,)), lambda _: value)
    assert caught.value.code == "run/key"
    assert value not in str(caught.value.message)


def test_two_callers_with_one_key_are_refused() -> None:
    with pytest.raises(DeepcatError, match="`bob` and `ada` have the same key"):
        hashed(ACCESS, lambda _: ONE)


def test_the_section_as_it_is_read() -> None:
    said = {
        "keys": {"bob": {"secret": "env:B", "in_flight": 2}, "ada": {"secret": "env:A", "rate": 1}},
        "oidc": {"issuer": "https://i.example", "audience": "a", "groups": ["g"]},
        "limits": {"rate": 5},
        "origins": ["https://o.example"],
        "x-note": "mine",
    }
    access = access_of(said)
    assert access == Access(
        (AccessKey("ada", "env:A", None, 1.0), AccessKey("bob", "env:B", 2)),
        "https://i.example", "a", ("g",), "groups", ("https://o.example",), 0, 5.0,
    )  # fmt: skip
    assert access.shows == "key or token"
    assert access.needs == ("access", "access.oidc")
    assert "keys" not in access.standing
    assert access_of(None) is None
