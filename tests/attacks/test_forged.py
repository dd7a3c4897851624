"""Records that somebody else wrote: each with the words that every reader refuses it with.

Whoever may push to the records ref, or to the disk it lies on, may write anything there. No reader
ends in a traceback, none opens or asks what the deployment's kind of cloud could not have named.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.host.machine import machine

# Asking what runs here asks the supervisor's socket.
pytestmark = pytest.mark.starts("a socket")

CANARY = "canary-4f1d"
REF = "refs/heads/records"
HERE = "deployments/demo.yaml"
CATALOG = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
    "clouds/local.yaml": "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: This machine.\n",
}
PLAIN: dict[str, Any] = {
    "format": "deepcat-record/v1",
    "name": "demo",
    "module": "tool",
    "version": "1.0.0",
    "profile": "serve",
    "cloud": "local",
    "shape": "host",
    "status": "failed",
    "created": "2026-01-01T00:00:00+00:00",
    "updated": "2026-01-01T00:00:00+00:00",
}


def but(**fields: object) -> str:
    """A record that differs from a plain one; JSON is YAML, too."""
    return json.dumps(PLAIN | fields)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


# A record's text -> what every reader says of it.
DAMAGED = {
    "empty": ("", "not a mapping"),
    "a list": ("- a\n", "not a mapping"),
    "cut off": ('{"format": "deepcat-record/v1", "na', "not YAML"),
    "two documents": ("a: 1\n---\nb: 1\n", "not YAML"),
    "a key twice": ("a: 1\na: 2\n", "not YAML"),
    "an alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{n}: &{n} [{','.join(['*' + p] * 9)}]\n" for p, n in zip("abcdef", "bcdefg", strict=True)),
        "not YAML",
    ),
    "an alias of itself": ("a: &a [*a]\n", "not YAML"),
    "ten thousand brackets": ("[" * 10_000 + "]" * 10_000, "not YAML"),
    "deep": (but(inputs={"a": nested(40)}), "nested deeper than 24"),
    "a key that is a number": ("format: deepcat-record/v1\nname: demo\n1: 2\n", "a key that is no text"),
    "a number that is none": (but(inputs={"a": 1}).replace('"a": 1', '"a": .nan'), "a number that is not finite"),
    "no end of money": (but(price_hour=1).replace('"price_hour": 1', '"price_hour": .inf'), "a number that is not finite"),
    "a price of 1e12": (but(price_hour=1e12), "`price_hour` is no number from 0 to 1e+09"),
    "a price below nothing": (but(price_hour=-5), "`price_hour` is no number from 0 to 1e+09"),
    "a price as text": (but(price_hour="1"), "`price_hour` is no number from 0 to 1e+09"),
    "money back": (but(spent=-1e6), "`spent` is no number from 0 to 1e+12"),
    "a billion hosts": (but(hosts=1_000_000_000), "`hosts` is no whole number from 0 to 10000"),
    "half a host": (but(hosts=0.5), "`hosts` is no whole number from 0 to 10000"),
    "true hosts": (but(hosts=True), "`hosts` is no whole number from 0 to 10000"),
    "an exit status as text": (but(exit_status="0"), "`exit_status` is no whole number"),
    "an unknown status": (but(status="splendid"), "'splendid' is not a valid Status"),
    "a status that is a list": (but(status=["running"]), "`status` is no name"),
    "another format": (but(format="deepcat-record/v9"), "its format is 'deepcat-record/v9'"),
    "no name": (but(name=""), "`name` is no name"),
    "a name that is a path": (but(name="../../etc"), "`name` is no name"),
    "a name with an escape": (but(name="demo\u001b[2J"), "`name` is no name"),
    "a run that is a path": (but(run="../../../../../../tmp"), "`run` is no id"),
    "a commit that is an option": (but(commit="--output=/tmp/x"), "`commit` is no hash"),
    "a commit that is a branch": (but(commit="refs/heads/evil"), "`commit` is no hash"),
    "a module that is a path": (but(module="../../evil"), "`module` is no name"),
    "a cloud that is a path": (but(cloud="/etc"), "`cloud` is no name"),
    "an owner of two lines": (but(owner="ada\n::error::x"), "`owner` is no line of text"),
    "a version with an escape": (but(version="1\u009b2J"), "`version` is no line of text"),
    "an end that is no instant": (but(expires="tomorrow"), "`expires` is no instant as ISO 8601 writes it"),
    "an end without a zone": (but(expires="2026-01-01T00:00:00"), "`expires` is an instant without a zone"),
    "an end that is a number": (but(ended=1e9), "`ended` is no instant as ISO 8601 writes it"),
    "endpoints that are a list": (but(endpoints=["http://127.0.0.1"]), "`endpoints` is no mapping"),
    "an endpoint that is a number": (but(endpoints={"rest": 8501}), "`endpoints` has a `rest` that is no line of text"),
    "an endpoint turned round": (but(endpoints={"rest": "http://\u202e1"}), "`endpoints` has a `rest` that is no line of text"),
    "private that is a text": (but(private="rest"), "`private` is no list of at most 10000"),
    "programs that are a number": (but(resources={"programs": 1}), "`resources` has a `programs` that is no list"),
    "a model that is a path": (but(resources={"models": ["../x"]}), "`resources` has a `models` that holds one that is no name"),
    "a lease without end": (but(intent={"lease_s": 1e9}), "`intent` has a `lease_s` that is no number from 0 to 86400"),
    "a beat as text": (but(intent={"beat": "x"}), "`intent` has a `beat` that is no whole number"),
    "begun from an option": (but(intent={"begun": ["--upload-pack=x"]}), "`intent` has a `begun` that holds one that is no hash"),
    "a history of numbers": (but(history=[1]), "`history` holds one that is no mapping"),
    "a history at no time": (but(history=[{"at": "x", "status": "running"}]), "`history` holds one that has a `at`"),
    "a history at 1e300": (but(history=[{"at": "", "status": "running", "price_hour": 1e300}]), "`history` holds one that has a `price_hour`"),
    "a part on a million hosts": (but(placements=[{"part": "a", "shape": "b", "hosts": 10**6}]), "`placements` holds one that has a `hosts`"),
    "failures of lists": (but(failures=[{"message": ["x"]}]), "`failures` holds one that has a `message` that is no text"),
    "nodes that are texts": (but(nodes={"a": "b"}), "`nodes` has a `a` that is no mapping"),
    "twenty thousand endpoints": (but(endpoints={str(n): "x" for n in range(20_000)}), "`endpoints` is no mapping of at most 10000"),
    "of another deployment": (but(name="other"), "says that it is of `other`"),
}  # fmt: skip
READERS = {
    "status": ("status",),
    "logs": ("logs", "demo"),
    "predict": ("predict", "demo", "--sample", "1"),
    "plan": ("plan",),
    "apply": ("apply", "--yes"),
    "destroy": ("destroy", "demo", "--yes"),
    "locks": ("locks",),
    "metrics": ("metrics",),
    "records show": ("records", "show", "demo"),
    "records verify": ("records", "verify"),
    "watch": ("ci", "watch"),
    "site": ("site", "build"),
}


@dataclass(frozen=True)
class Forge:
    """A catalog, and somebody who writes its records without deepcat."""

    root: Path

    def git(self, *argv: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *argv], cwd=self.root, input=stdin, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def put(self, files: Mapping[str, bytes], mode: str = "100644") -> str:
        """Let the ref be one commit with these files; gives the commit."""
        index = {**os.environ, "GIT_INDEX_FILE": str(self.root / ".git" / "forged")}
        rows = "".join(
            f"{mode} {self.git('hash-object', '-w', '--stdin', stdin=text)}\t{path}\0"
            for path, text in files.items()
        )

        def plumb(*argv: str, stdin: bytes = b"") -> str:
            done = subprocess.run(
                ["git", *argv],
                cwd=self.root,
                env=index,
                input=stdin,
                capture_output=True,
                check=True,
            )
            return done.stdout.decode().strip()

        plumb("read-tree", "--empty")
        plumb("update-index", "-z", "--add", "--index-info", stdin=rows.encode())
        commit = plumb("commit-tree", plumb("write-tree"), "-m", "demo: runs")
        plumb("update-ref", REF, commit)
        (self.root / ".git" / "deepcat-records-seen").unlink(missing_ok=True)
        return commit

    def says(self, *argv: str) -> tuple[int, str]:
        """A command's exit status, and all that it says."""
        done = CliRunner().invoke(cli, ["-C", str(self.root), *argv])
        said = done.output
        if isinstance(done.exception, DeepcatError):
            said += f"{done.exception.message} [{done.exception.code}]"
        elif done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, said


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("forged") / "catalog"
    root.mkdir()
    for name, text in CATALOG.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for argv in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*who, "commit", "-q", "-m", "begin"],
    ):
        subprocess.run(["git", *argv], cwd=root, check=True)
    return root


@pytest.fixture
def forge(made: Path) -> Iterator[Forge]:
    """As in a clone that has seen no records before."""
    yield Forge(made)
    subprocess.run(["git", "update-ref", "-d", REF], cwd=made, check=True)


@pytest.mark.parametrize("case", DAMAGED)
def test_every_reader_refuses_it_in_the_same_words(forge: Forge, case: str) -> None:
    text, why = DAMAGED[case]
    forge.put({HERE: text.encode()})
    for argv in READERS.values():
        status, said = forge.says(*argv)
        assert (status, why in said) == (1, True), (argv, said)
        assert "[records/" in said, (argv, said)


@pytest.mark.parametrize("case", ["a billion hosts", "a run that is a path", "an alias bomb"])
def test_a_review_says_that_it_plans_nothing_by_it(forge: Forge, case: str) -> None:
    text, why = DAMAGED[case]
    forge.put({HERE: text.encode()})
    status, said = forge.says("ci", "pr", "--base", "HEAD", "--head", "HEAD")
    assert status == 0
    assert "no plan: the record demo cannot be read:" in said
    assert why in said


# What lies on the ref -> what `status` says.
TREES: dict[str, tuple[Callable[[Forge], object], str]] = {
    "a link": (lambda f: f.put({HERE: b"/etc/passwd"}, "120000"), "'deployments/demo.yaml' is a link"),
    "not UTF-8": (lambda f: f.put({HERE: b"\xff\xfe\x00"}), "the record demo cannot be read"),
    "8 MB": (lambda f: f.put({HERE: b"a" * 8_000_000}), "is larger than 4,194,304 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", TREES)
def test_what_is_no_file_of_a_record_is_refused(forge: Forge, case: str) -> None:
    put, why = TREES[case]
    put(forge)
    for argv in (("status",), ("plan",), ("destroy", "demo", "--yes")):
        status, said = forge.says(*argv)
        assert (status, why in said) == (1, True), (argv, said)


def test_a_message_of_many_lines_is_one_entry_in_the_log(forge: Forge) -> None:
    commit = forge.put({HERE: but().encode()})
    raw = forge.git("cat-file", "commit", commit).replace(
        "demo: runs", "demo: a\u2028b\x0bc \u001b[2J\x1ed"
    )
    forged = forge.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=f"{raw}\n".encode())
    forge.git("update-ref", REF, forged)
    status, said = forge.says("records", "log")
    assert status == 0
    assert "\u001b" not in said
    assert len(said.splitlines()) == 1
    from deepcat.records.store import Store

    assert [entry.commit for entry in Store(forge.root).recent()["demo"]] == [forged]


@pytest.fixture
def canary(forge: Forge) -> Iterator[Path]:
    """A file that none may open, beside the catalog and by links in the deployment's own place."""
    file = forge.root.parent / "canary" / "private"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"rest={CANARY}\n")
    (file.parent / "artifacts" / "x").mkdir(parents=True, exist_ok=True)
    (file.parent / "artifacts" / "x" / "stdout").write_text(CANARY)
    (file.parent / "demo.log").write_text(CANARY)
    place = forge.root / ".deepcat" / "local" / "demo"
    (place / "logs").mkdir(parents=True, exist_ok=True)
    other = forge.root / ".deepcat" / "local" / "other"
    other.mkdir(exist_ok=True)
    (other / "log").write_text(CANARY)
    for link, target in (("link.log", file), ("folder", file.parent)):
        if not (place / "logs" / link).is_symlink():
            (place / "logs" / link).symlink_to(target)
    yield file


PATHS = {
    "an absolute path": "{canary}",
    "a password file": "/etc/passwd",
    "a process's variables": "/proc/self/environ",
    "upwards": "{place}/../../../../canary/private",
    "a link": "{place}/logs/link.log",
    "through a link": "{place}/logs/folder/private",
    "another deployment's": "{place}/../other/log",
    "another one's by its name": "{local}/other/log",
    "from here": "../canary/private",
    "a device": "/dev/zero",
    "a folder": "{place}/logs",
    "with a zero": "{place}/logs/a\\0b",
    "nothing": "",
    "a number": 7,
    "a tree": ["{canary}"],
}  # fmt: skip


@pytest.mark.parametrize("case", PATHS)
def test_no_path_in_a_record_is_opened_elsewhere(forge: Forge, canary: Path, case: str) -> None:
    local = forge.root / ".deepcat" / "local"
    text = json.dumps(PATHS[case]).replace("\\\\0", "\\u0000")
    for word, path in (("canary", canary), ("place", local / "demo"), ("local", local)):
        text = text.replace(f"{{{word}}}", str(path))
    resources = {"machine": machine(), "place": str(canary.parent), "logs": [json.loads(text)]}
    forge.put({HERE: but(status="running", private=["rest"], resources=resources).encode()})
    status, said = forge.says("logs", "demo")
    assert status == 1
    assert "`demo` has no log that can be had here" in said
    for argv in (
        ("logs", "demo"),
        ("status", "--private"),
        ("status", "--private", "--json"),
        ("plan",),
    ):
        assert CANARY not in forge.says(*argv)[1]


def test_its_own_logs_and_private_addresses_are_still_shown(forge: Forge) -> None:
    place = forge.root / ".deepcat" / "local" / "demo"
    (place / "logs").mkdir(parents=True, exist_ok=True)
    (place / "logs" / "a.log").write_text("up\n")
    (place / "private").write_text("rest=http://127.0.0.1:1/key\n")
    resources = {"machine": machine(), "place": str(place), "logs": [str(place / "logs" / "a.log")]}
    forge.put({HERE: but(status="running", private=["rest"], resources=resources).encode()})
    assert forge.says("logs", "demo") == (0, "up\n")
    assert "http://127.0.0.1:1/key" in forge.says("status", "--private")[1]
    (place / "private").unlink()


ADDRESSES = [
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]:80",
    "http://[fd00:ec2::254]",
    "http://[::ffff:169.254.169.254]",
    "http://metadata.google.internal/v1",
    "http://100.100.100.200",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://0177.0.0.1:22",
    "http://127.1:22",
    "http://0x7f.1:22",
    "http://[64:ff9b::a9fe:a9fe]",
    "http://[::ffff:7f00:1]:22",
    "http://127.0.0.1:22",
    "http://localhost:2375",
    "http://localhost.:2375",
    "http://x.localhost:2375",
    "http://0.0.0.0:8500",
    "http://[::]:8500",
    "http://user:secret@example.org",
    "http://example.org@127.0.0.1",
    "http://example.org/?q=1",
    "http://example.org/#f",
    "http://224.0.0.1",
    "http://example.org:0",
    "http://example.org:99999",
    "gopher://example.org",
    "unix:/var/run/docker.sock",
    "http:///etc",
    "",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_in_a_record_is_asked_that_its_cloud_does_not_give(
    forge: Forge, address: str
) -> None:
    from deepcat_site.from_catalog import endpoints
    from deepcat_site.proxy import answer

    data = forge.root.parent / "request.json"
    data.write_text('{"instances": [1]}')
    forge.put({HERE: but(status="running", endpoints={"rest": address, "grpc": address}).encode()})
    for more in ((), ("--grpc",)):
        status, said = forge.says("predict", "demo", "--data", str(data), *more)
        assert status == 1
        assert "`demo` is not asked: its record names" in said
        assert "[predict/address]" in said
    assert answer(endpoints(forge.root), "POST", "demo/v1/x", b"{}").status == 404
