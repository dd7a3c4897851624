"""A cloud of hosts that are reached by ssh is begun, its keys pinned by hand, and it answers."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from sshd import Sshd, make_key

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError, UsageError

pytestmark = [pytest.mark.starts("sshd"), pytest.mark.system("sshd")]


@pytest.fixture
def sshd(tmp_path: Path, free_port: int) -> Iterator[Sshd]:
    found = Sshd(tmp_path / "sshd", free_port)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def root(git_tree_at: Callable[[Mapping[str, str]], Path]) -> Path:
    return git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\nid: ours\n"})


def call(root: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "clouds", *argv])


def new(root: Path, sshd: Sshd, *more: str) -> Result:
    words = ["--hosts.one.address", "127.0.0.1", "--port", str(sshd.port), *more]
    user, key = getpass.getuser(), str(sshd.folder / "id")
    return call(root, "new", "rack", "--kind", "ssh", *words, "--user", user, "--identity", key)


def test_keys_are_pinned_only_by_whoever_says_yes(root: Path, sshd: Sshd) -> None:
    refused = new(root, sshd)
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.hint == "compare the fingerprints, then say `--accept-host-keys`"
    assert "SHA256:" in refused.output
    assert not (root / "clouds" / "rack.yaml").exists()
    done = new(root, sshd, "--accept-host-keys")
    assert done.exit_code == 0, done.exception
    data = yaml.safe_load((root / "clouds" / "rack.yaml").read_text())
    assert data["ssh"]["known_hosts"] == [sshd.known]
    assert data["ssh"]["hosts"] == {"one": {"address": "127.0.0.1"}}
    assert call(root, "probe", "rack").exit_code == 0


def test_a_name_that_is_taken_is_told_before_any_host_is_asked(root: Path, sshd: Sshd) -> None:
    (root / "clouds").mkdir()
    (root / "clouds" / "rack.yaml").write_text("")
    done = new(root, sshd, "--accept-host-keys")
    assert isinstance(done.exception, UsageError)
    assert "already" in done.exception.message
    assert "SHA256:" not in done.output


def test_a_private_key_that_is_not_there_is_told(root: Path, sshd: Sshd) -> None:
    (sshd.folder / "id").unlink()
    assert "is not there" in new(root, sshd).output


def test_a_key_that_changed_is_said_by_every_look(root: Path, sshd: Sshd) -> None:
    assert new(root, sshd, "--accept-host-keys").exit_code == 0
    sshd.stop()
    for name in ("host_key", "host_key.pub"):
        (sshd.folder / name).unlink()
    make_key(sshd.folder / "host_key")
    sshd.restore()
    done = call(root, "probe", "rack")
    assert done.exit_code == 1
    assert "shows another key than the one that is pinned" in done.output
    done = call(root, "orphans")
    assert done.exit_code == 1
    assert "not known: " in done.output
    assert "another key" in done.output


def test_who_shows_no_key_is_no_host(root: Path, sshd: Sshd) -> None:
    sshd.stop()
    refused = new(root, sshd, "--accept-host-keys")
    sshd.restore()
    assert isinstance(refused.exception, DeepcatError)
    assert refused.exception.message == f"`127.0.0.1` shows no key at port {sshd.port}"
