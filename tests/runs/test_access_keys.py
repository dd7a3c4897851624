"""Keys of callers on their way to hosts: hashed here, refused where they could be tried out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.rigs.credentials import Authority

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


def signed(folder: Path, name: str, hours: float = 24) -> tuple[str, str]:
    """A certificate and its private key."""
    paths = Authority(folder, name).sign("models.example.org", f"{name}-server", hours)
    return paths[0].read_text(), paths[1].read_text()


def test_hosts_are_given_a_certificate_with_its_key_and_no_key_of_a_run_that_nobody_asks_for(
    tmp_path: Path,
) -> None:
    pair = signed(tmp_path, "one")
    found = given(Access(tls=TLS), {"env:C": f"\n{pair[0]}\n\n", "env:K": pair[1]}.__getitem__)
    assert found is not None
    assert (found.keys, found.proof) == ((), "")
    assert (found.certificate, found.private_key) == pair
    assert pair[1] not in repr(found)


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
    assert " in PEM" in caught.value.message  # by its form alone
    assert "hunter2" not in caught.value.message


def test_a_key_of_another_certificate_is_refused_before_any_host_has_it(tmp_path: Path) -> None:
    (one, own), (_, others) = signed(tmp_path, "one"), signed(tmp_path, "other")
    for key in (others, PRIVATE):
        with pytest.raises(DeepcatError) as caught:
            given(Access(tls=TLS), {"env:C": one, "env:K": key}.__getitem__)
        assert caught.value.code == "run/certificate"
        assert "is not the private key" in caught.value.message
    assert given(Access(tls=TLS), {"env:C": one, "env:K": own}.__getitem__)


def test_a_certificate_that_has_ended_is_refused_before_any_host_shows_it(tmp_path: Path) -> None:
    certificate, key = signed(tmp_path, "old", hours=-0.5)
    with pytest.raises(DeepcatError, match="`env:C`: certificate has expired") as caught:
        given(Access(tls=TLS), {"env:C": certificate, "env:K": key}.__getitem__)
    assert caught.value.code == "run/certificate"


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
