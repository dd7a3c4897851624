"""Signed records: by real keys of `ssh-keygen`, in real repositories."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.cli.records_export import _rows
from deepcat.errors import DeepcatError
from deepcat.git import run as git_run
from deepcat.records.clone import open_store
from deepcat.records.record import Record
from deepcat.records.repair import repair
from deepcat.records.signatures import Link, reached
from deepcat.records.signing import VARIABLE
from deepcat.records.store import REF, Store

pytestmark = [pytest.mark.system("ssh-keygen"), pytest.mark.starts("ssh-keygen")]


def key(folder: Path, name: str) -> Path:
    path = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True
    )
    return path


def git(root: Path, *argv: str) -> str:
    done = git_run(root, argv)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def name_signers(root: Path, *keys: Path) -> None:
    """Commit a `deepcat.yaml` on main that names these keys."""
    rows = "".join(
        f"  - {{name: {each.name}, key: '{each.with_suffix('.pub').read_text().strip()}'}}\n"
        for each in keys
    )
    (root / "deepcat.yaml").write_text(
        f"apiVersion: deepcat/v1\ntitle: T\n{'signers:' if keys else ''}\n{rows}"
    )
    git(root, "add", "deepcat.yaml")
    git(root, "commit", "-q", "-m", "signers")


@pytest.fixture
def runner(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runner's key; the main branch names it, and this machine has it."""
    path = key(tmp_path, "runner")
    name_signers(repo, path)
    monkeypatch.setenv(VARIABLE, str(path))
    return path


@pytest.fixture
def write(repo: Path, make_record: Callable[..., Record]) -> Callable[..., str]:
    """A function that writes a record as deepcat does; gives the commit."""

    def put(name: str = "demo", **fields: object) -> str:
        Store(repo).update(name, lambda _: make_record(name, **fields), f"{name}: runs")
        return git(repo, "rev-parse", REF)

    return put


def forge(root: Path, *, parent: str = REF, key: Path | None = None) -> str:
    """Let the ref be what somebody without the runner's key wrote."""
    signed = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}") if key else ()
    argv = (
        *signed,
        "commit-tree",
        *(("-S",) if key else ()),
        f"{parent}^{{tree}}",
        "-p",
        parent,
        "-m",
        "demo: runs",
    )
    commit = git(root, *argv)
    git(root, "update-ref", REF, commit)
    return commit


def code(root: Path) -> str:
    with pytest.raises(DeepcatError) as error:
        Store(root).read_all()
    return error.value.code


def test_what_the_runner_writes_is_signed_and_believed(
    repo: Path, runner: Path, write: Callable[..., str]
) -> None:
    write()
    commit = write(version="1.0.1")
    assert "gpgsig -----BEGIN SSH SIGNATURE-----" in git(repo, "cat-file", "commit", commit)
    assert Store(repo).read_all()["demo"].state.version == "1.0.1"
    assert Store(repo).doubt() == ()
    assert "refs/deepcat/sign" not in git(repo, "for-each-ref"), "nothing is left behind"


@pytest.mark.parametrize("who", ["nobody", "another"])
def test_what_another_writes_is_refused_by_every_reader(
    repo: Path, runner: Path, write: Callable[..., str], tmp_path: Path, who: str
) -> None:
    good = write()
    forged = forge(repo, key=key(tmp_path, "eve") if who == "another" else None)
    assert code(repo) == "records/signature"
    store = Store(repo)
    (doubt,) = store.doubt()
    assert forged[:12] in doubt.message
    for reads in (lambda: store.read("demo"), write):
        with pytest.raises(DeepcatError, match=forged[:12]):
            reads()
    # An operator goes back to what is signed; what was there is kept.
    assert repair(repo) == (
        f"The records are again those that are signed, {good[:12]}; {forged[:12]} was there.",
    )
    assert git(repo, "rev-parse", REF) == good
    assert git(repo, "rev-parse", f"refs/deepcat/records/refused/{forged[:12]}") == forged
    assert Store(repo).read_all().keys() == {"demo"}
    assert repair(repo) == ()


def test_a_signature_of_something_else_is_none(
    repo: Path, runner: Path, write: Callable[..., str]
) -> None:
    commit = write()
    raw = git_run(repo, ("cat-file", "commit", commit)).stdout.replace(b"demo: runs", b"demo: runS")
    moved = (
        git_run(repo, ("hash-object", "-t", "commit", "-w", "--stdin"), stdin=raw)
        .stdout.decode()
        .strip()
    )
    git(repo, "update-ref", REF, moved)
    git(repo, "update-ref", "-d", "refs/deepcat/records/seen")
    (repo / ".git" / "deepcat-records-seen").unlink(missing_ok=True)
    assert code(repo) == "records/signature"


def test_an_unsigned_commit_below_signed_ones_is_seen(
    repo: Path, runner: Path, write: Callable[..., str]
) -> None:
    write()
    forge(repo)
    forge(repo, key=runner)
    assert code(repo) == "records/signature"


def test_signers_are_the_main_branch_s_alone(
    repo: Path, runner: Path, write: Callable[..., str], tmp_path: Path
) -> None:
    write()
    eve = key(tmp_path, "eve")
    git(repo, "checkout", "-q", "-b", "evil")
    name_signers(repo, eve)
    forge(repo, key=eve)
    assert code(repo) == "records/signature"


def test_who_has_no_key_or_another_one_writes_nothing(
    repo: Path,
    runner: Path,
    write: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = write()
    for given in ("", str(key(tmp_path, "eve")), str(tmp_path / "none")):
        monkeypatch.setenv(VARIABLE, given)
        with pytest.raises(DeepcatError) as error:
            write(version="2.0.0")
        assert error.value.code == "records/key"
    assert git(repo, "rev-parse", REF) == before


@pytest.mark.parametrize("form", ["env", "file", "setting", "text"])
def test_the_key_may_be_a_reference_or_a_setting(
    repo: Path, runner: Path, write: Callable[..., str], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    if form == "setting":
        monkeypatch.delenv(VARIABLE)
        git(repo, "config", "deepcat.recordsKey", str(runner))
    else:
        monkeypatch.setenv("THE_KEY", runner.read_text())
        forms = {"env": "env:THE_KEY", "file": f"file:{runner}", "text": runner.read_text()}
        monkeypatch.setenv(VARIABLE, forms[form])
    write()
    assert Store(repo).doubt() == ()


def test_signing_begins_on_what_was_there_and_keys_change(
    repo: Path, write: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    write("other")
    old, new = key(tmp_path, "old"), key(tmp_path, "new")
    name_signers(repo, old)
    assert code(repo) == "records/signature"
    monkeypatch.setenv(VARIABLE, str(old))
    Store(repo).vouch()
    assert Store(repo).read_all().keys() == {"demo", "other"}
    name_signers(repo, old, new)
    monkeypatch.setenv(VARIABLE, str(new))
    write()
    Store(repo).vouch()
    name_signers(repo, new)
    assert Store(repo).read_all().keys() == {"demo", "other"}
    # What only the key that left has signed since is not believed.
    forge(repo, key=old)
    assert code(repo) == "records/signature"


def test_older_records_are_noticed(repo: Path, write: Callable[..., str]) -> None:
    """Whether or not they are signed."""
    old = write()
    new = write(version="1.0.1")
    assert Store(repo).read_all()
    git(repo, "update-ref", REF, old)
    assert code(repo) == "records/older"
    assert repair(repo) == (
        f"The records are again those that were seen, {new[:12]}; {old[:12]} was there.",
    )
    assert Store(repo).read_all()["demo"].state.version == "1.0.1"
    git(repo, "update-ref", REF, old)
    assert repair(repo, as_is=True) == (f"The records at {old[:12]} are taken as they are.",)
    assert Store(repo).read_all()["demo"].state.version == "1.0.0"


def test_what_two_clones_write_is_merged_and_signed(
    repo: Path, runner: Path, tmp_path: Path, make_record: Callable[..., Record]
) -> None:
    bare = tmp_path / "bare.git"
    git(repo, "clone", "-q", "--bare", str(repo), str(bare))
    clones = [tmp_path / name for name in ("one", "two")]
    for each in clones:
        git(repo, "clone", "-q", str(bare), str(each))
    stores = [Store(each, remote="origin") for each in clones]
    # Both begin alone, as where the remote could not be reached; then both meet there.
    for each, name in zip(clones, ("a", "b"), strict=True):
        Store(each).update(name, lambda _, n=name: make_record(n), f"{name}: runs")
    for each, name in zip(stores, ("c", "d"), strict=True):
        each.update(name, lambda _, n=name: make_record(n), f"{name}: runs")
    assert stores[0].read_all().keys() == stores[1].read_all().keys() == {*"abcd"}
    assert "Merge records" in git(bare, "log", "--format=%s", REF)
    assert Store(bare, prefix="").doubt() == ()
    # What somebody puts on the remote is believed nowhere.
    forged = forge(bare)
    for each in stores:
        with pytest.raises(DeepcatError, match=forged[:12]):
            each.update("a", lambda _: None, "a: is gone")
    assert git(bare, "rev-parse", REF) == forged


def test_lost_records_may_be_written_anew(repo: Path, write: Callable[..., str]) -> None:
    write()
    git(repo, "update-ref", "-d", REF)
    assert Store(repo).read_all() == {}
    write("other")
    assert Store(repo).read_all().keys() == {"other"}


def test_a_main_branch_that_cannot_be_read_lets_nobody_in(
    repo: Path, runner: Path, write: Callable[..., str]
) -> None:
    write()
    (repo / "deepcat.yaml").write_text("signers: {a: b}\n")
    git(repo, "commit", "-q", "-a", "-m", "x")
    assert code(repo) == "records/signers"


def test_a_long_history_is_vouched_for_now_and_then(
    repo: Path, runner: Path, write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    monkeypatch.setattr("deepcat.records.store._VOUCHING", 1)
    tip = write(version="1.0.1")
    assert "\n\nDeepcat-Vouches: yes\nDeepcat-Id: " in git(repo, "cat-file", "commit", tip)
    assert git(repo, "log", "-1", "--format=%s", tip) == "demo: runs"
    assert Store(repo).read_all()


# Commits -> their parents, `!` where one vouches; and those that must be signed from `e` on.
CHAINS = [
    ({"e": "d", "d": "c", "c": ""}, "edc"),
    ({"e": "d", "d!": "c", "c": ""}, "ed"),
    ({"e!": "d", "d": "c", "c": ""}, "e"),
    ({"e": "dc", "d!": "b", "c": "b", "b": ""}, "edcb"),
    ({"e": "d"}, "e"),
]


@pytest.mark.parametrize(("chain", "needed"), CHAINS)
def test_what_must_be_signed(chain: dict[str, str], needed: str) -> None:
    links = {name[0]: Link(tuple(parents), name.endswith("!")) for name, parents in chain.items()}
    assert "".join(reached("e", links)) == needed


def test_the_audit_says_who_signed_what(
    repo: Path, runner: Path, write: Callable[..., str], tmp_path: Path
) -> None:
    write()
    forge(repo)
    forge(repo, key=key(tmp_path, "stranger"))
    found = [row["signature"] for row in _rows(Store(repo), None)]
    assert found == ["bad", "unsigned", "good"]


def test_what_is_repaired_is_repaired_at_the_remote_too(
    repo: Path, runner: Path, make_record: Callable[..., Record], tmp_path: Path
) -> None:
    bare = tmp_path / "hub.git"
    git(repo, "init", "-q", "--bare", str(bare))
    git(repo, "remote", "add", "origin", str(bare))
    git(repo, "push", "-q", "origin", "main")
    open_store(repo, to_act=True).update("demo", lambda _: make_record("demo"), "demo: runs")
    good = git(bare, "rev-parse", REF)
    git(tmp_path, "clone", "-q", str(bare), "reader")
    reader = tmp_path / "reader"
    git(reader, "remote", "set-head", "origin", "main")
    git(reader, "fetch", "-q", "origin", "main:refs/remotes/origin/main")
    bad = forge(bare)
    with pytest.raises(DeepcatError) as error:
        open_store(reader).read_all()
    assert error.value.code == "records/signature"
    assert repair(repo) == (
        f"The records are again those that are signed, {good[:12]}; {bad[:12]} was there.",
    )
    assert git(bare, "rev-parse", REF) == good
    (reader / ".git" / "deepcat-fetched").unlink()
    assert open_store(reader).read_all().keys() == {"demo"}
