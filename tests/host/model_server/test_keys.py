"""The file of keys that a server of a host reads: what it holds, who may read it, when it goes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.host.failure import StepError
from deepcat.host.model_server import keys
from deepcat.host.model_server.access import OPEN, Access, access_of
from deepcat.host.model_server.keys import Keys, keys_of
from deepcat.serving.server.keys import read_keys
from deepcat.serving.server.limits import Limits

ADA: dict[str, Any] = {"name": "ada", "sha256": "a" * 64, "rate": 2.5, "expires": "2027-01-31"}
BOB: dict[str, Any] = {"name": "bob", "sha256": "b" * 64, "in_flight": 4}
PROOF = "p" * 43


def test_the_server_reads_what_is_written() -> None:
    found = read_keys(Keys((ADA, BOB), PROOF).text(), Limits(8, 20.0))
    run = found[hashlib.sha256(PROOF.encode()).hexdigest()]
    ada, bob = found["a" * 64], found["b" * 64]
    assert (ada.name, ada.limits, str(ada.expires)) == ("ada", Limits(8, 2.5), "2027-01-31")
    assert (bob.name, bob.limits, bob.expires) == ("bob", Limits(4, 20.0), None)
    assert run.limits == Limits(0, 0.0)  # a proof is not bounded by what callers are
    assert len(found) == 3


def test_only_the_servers_user_reads_it_and_the_run_s_own_key_goes_with_it(tmp_path: Path) -> None:
    made = keys_of({"keys": [ADA], "proof": PROOF})
    assert made == Keys((ADA,), PROOF)
    assert keys.write(tmp_path, "d~s~1", made, "server x")
    assert not keys.write(tmp_path, "d~s~1", Keys((ADA,), "q" * 43), "server x")
    path = keys.file_of(tmp_path, "d~s~1")
    assert [oct(each.stat().st_mode & 0o777) for each in (path, path.parent)] == ["0o600", "0o700"]
    if os.geteuid() == 0:
        assert path.stat().st_uid == path.parent.stat().st_uid > 1 << 30
    assert path.read_text().count("sha256") == 2
    keys.forget_proof(tmp_path, "d~s~1", "server x")
    assert path.read_text() == Keys((ADA,)).text()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert keys.write(tmp_path, "d~s~1", Keys((BOB,)), "server x")
    assert list(keys.marks(tmp_path, "d~s~1")) == ["bob"]
    keys.forget_gone(tmp_path, ["d~s~1"])
    assert path.is_file()
    keys.forget_gone(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
    assert keys.marks(tmp_path, "d~s~1") == {}


def test_a_certificate_lies_beside_the_keys_and_is_told_from_another(tmp_path: Path) -> None:
    made = keys_of({"certificate": "one\n", "private_key": "key\n"})
    assert made is not None and "key\n" not in repr(made)
    assert keys.write(tmp_path, "d~s~1", made, "server x")
    folder = keys.folder_of(tmp_path, "d~s~1")
    told = {each.name: each.read_text() for each in folder.iterdir()}
    assert told == {"keys.toml": "", "certificate.pem": "one\n", "private-key.pem": "key\n"}
    assert {oct(each.stat().st_mode & 0o777) for each in folder.iterdir()} == {"0o600"}
    assert keys.marks(tmp_path, "d~s~1") == {"": keys.mark_of_pair("one\n", "key\n")}
    assert not keys.write(tmp_path, "d~s~1", made, "server x")
    assert keys.write(tmp_path, "d~s~1", replace(made, private_key="other\n"), "server x")
    words = Access(tls="1.3").arguments(folder / "keys.toml")
    assert words == [
        f"--certificate={folder}/certificate.pem", f"--private-key={folder}/private-key.pem",
        "--minimum-tls=1.3",
    ]  # fmt: skip


def test_what_tells_a_key_from_another_is_no_hash_of_it() -> None:
    digest = hashlib.sha256(b"key").hexdigest()
    assert keys.mark_of(digest) not in digest
    assert len({keys.mark_of(digest), keys.mark_of("a" * 64)}) == 2


@pytest.mark.parametrize(
    "key",
    [
        {**ADA, "name": 'a"]\nsha256 = "'},
        {**ADA, "name": "the run"},
        {**ADA, "sha256": "A" * 64},
        {**ADA, "sha256": f'{"a" * 64}"\nrate = 0'},
        {**ADA, "expires": "2027-01-31\nrate = 9"},
    ],
)
def test_no_value_writes_a_line_of_its_own(key: dict[str, Any]) -> None:
    with pytest.raises(StepError) as caught:
        Keys((key,)).text()
    assert caught.value.code == "run/values"


def test_a_server_is_told_each_word_by_one_argument() -> None:
    data = {
        "asks": True, "issuer": "https://example.org", "audience": "deepcat", "groups": ["--a b"],
        "claim": "roles", "origins": ["https://a.example"], "in_flight": 3, "rate": 0.5,
    }  # fmt: skip
    access = access_of(data)
    assert access.arguments(Path("/k")) == [
        "--allow-origin=https://a.example", "--keys=/k", "--oidc-issuer=https://example.org",
        "--oidc-audience=deepcat", "--oidc-group=--a b", "--oidc-groups-claim=roles",
        "--caller-in-flight=3", "--caller-rate=0.5",
    ]  # fmt: skip
    assert access_of(None) == access_of({}) == OPEN == Access()
    assert Access(origins=("*",)).arguments(Path("/k")) == ["--allow-origin=*"]
    assert OPEN.arguments(Path("/k")) == []
