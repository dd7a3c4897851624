"""`deepcat clouds`: what is there, as it answers; a dead one holds up no other."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from deepcat.catalog.beginning.cloud import settings
from deepcat.catalog.values import Cloud
from deepcat.cli.main import cli
from deepcat.clouds import asking
from deepcat.clouds.asking import probe_all
from deepcat.clouds.kind import Means
from deepcat.errors import DeepcatError, UsageError
from deepcat.plan.digests import plain
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

HEAD = "apiVersion: deepcat/v1\nname: {0}\nkind: {1}\nsummary: S.\n"
FILES = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\nid: ours\ncurrency: EUR\n",
    "clouds/near.yaml": HEAD.format("near", "local") + "price: 0\n",
    "clouds/far.yaml": HEAD.format("far", "outside")
    + "price: 0.5\naddress: far.example.org\nshapes:\n"
    + "- {name: big, cpus: 64, memory: 256GiB, accelerator: A100, accelerators: 2}\n"
    + "- {name: small, cpus: 4, memory: 8GiB, price: 0.1}\noutside: {free: 3}\n",
    "clouds/shut.yaml": HEAD.format("shut", "outside") + "outside: {down: true}\n",
    "clouds/odd.yaml": HEAD.format("odd", "nowhere"),
}
STATE = State(
    "lost", "plants", "1.0.0", "d", "serve", {}, "far", "big", Status.RUNNING, "wish", "",
    run="r1", catalog="ours",
)  # fmt: skip


@pytest.fixture
def root(git_tree_at: Callable[[Mapping[str, str]], Path], outside_kind: Path) -> Path:
    return git_tree_at(FILES)


def call(root: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "clouds", *argv])


def leave(root: Path, name: str, **owner: Any) -> None:
    """Something on the cloud that bears an owner tag."""
    path = root / ".deepcat" / "outside" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    tag = plain(STATE) | {"name": name} | owner
    path.write_text(json.dumps(tag))


@pytest.mark.starts("a program")
def test_all_are_shown_and_what_is_silent_is_said(root: Path) -> None:
    done = call(root)
    assert done.exit_code == 0
    rows = [line.split("  ") for line in done.output.splitlines()]
    cells = [[cell.strip() for cell in row if cell] for row in rows]
    assert cells[0][:7] == ["cloud", "kind", "health", "GPUs of a host", "free", "EUR an hour",
                            "wait"]  # fmt: skip
    assert cells[1][:7] == ["far", "outside", "well", "2 × A100-40GB", "6", "0.1–0.5", "none"]
    assert cells[2][:7] == ["near", "local", "well", "none", "shared", "0", "none"]
    assert cells[3][:3] == ["odd", "nowhere", "unknown kind"]
    assert cells[4] == ["no package here brings the kind `nowhere`"]
    assert cells[5][:3] == ["shut", "outside", "silent"]
    assert cells[5][-2:] == ["never here", "not tried"]
    assert cells[6] == ["it is closed"]
    assert len(cells) == 7


@pytest.mark.starts("a program")
def test_when_it_last_answered_is_remembered(root: Path) -> None:
    assert "last answered" not in call(root, "probe", "shut").output
    assert call(root, "probe", "far").exit_code == 0
    (root / "clouds" / "far.yaml").write_text(
        HEAD.format("far", "outside") + "outside: {down: true}"
    )
    done = call(root, "probe", "far")
    assert done.exit_code == 1
    assert "does not answer" in done.output
    assert "last answered here at 2" in done.output
    data = json.loads(call(root, "--json").output)
    assert {row["name"]: bool(row["answered"]) for row in data["clouds"]} == {
        "far": True, "near": True, "odd": False, "shut": False,
    }  # fmt: skip
    (root / ".deepcat" / "cache" / "clouds.json").write_text("[")
    assert call(root).exit_code == 0


@pytest.mark.starts("a program")
def test_one_is_shown_with_all_that_it_answers(root: Path) -> None:
    done = call(root, "probe", "far")
    assert "far  is well  outside" in done.output
    assert (
        "big  64 cores, 256 GiB, 2 × A100-40GB; free 3, wait none, 0.5 EUR an hour" in done.output
    )
    assert "takes service, virtual-machine" in done.output
    assert "its kind never tried by the suite" in done.output
    data = json.loads(call(root, "probe", "far", "--json").output)
    assert data["probe"]["shapes"][0]["name"] == "big"
    missing = call(root, "probe", "fra")
    assert isinstance(missing.exception, UsageError)
    assert missing.exception.hint == "did you mean `far`?"


def test_a_cloud_that_never_answers_holds_up_no_other(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()
    before = set(threading.enumerate())
    real = asking.probe

    def probe(cloud: Cloud, means: Means) -> Any:
        if cloud.name == "hung":
            asked.wait()
        return real(cloud, means)

    monkeypatch.setattr(asking, "probe", probe)
    clouds = [
        Cloud(name, f"clouds/{name}.yaml", "outside", {"kind": "outside"})
        for name in ("hung", "quick", "other")
    ]
    found = probe_all(clouds, Means(root, "ours", deadline_s=0.2), grace_s=0.1)
    asked.set()
    # It would look for kinds of cloud while the next test installs one.
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
    assert list(found) == ["hung", "quick", "other"]
    seen = {name: each.probe for name, each in found.items() if each.probe}
    assert [each.healthy for each in seen.values()] == [False, True, True]
    assert seen["hung"].detail == "it gave no answer within 0 s"


@pytest.mark.starts("a program")
def test_orphans_are_what_is_ours_without_record_or_wish(root: Path) -> None:
    assert "No orphans on any cloud." in call(root, "orphans").output
    Store(root).update("kept", lambda _: Record(replace(STATE, name="kept")), "kept: runs")
    for name in ("lost", "kept", "wished"):
        leave(root, name)
    leave(root, "theirs", catalog="another")
    (root / "deployments").mkdir()
    (root / "deployments" / "wished.yaml").write_text("module: plants\n")
    done = call(root, "orphans")
    assert done.exit_code == 1
    assert "lost  plants 1.0.0 on far/big, by run r1" in done.output
    data = json.loads(call(root, "orphans", "--json").output)
    assert [row["name"] for row in data["orphans"]] == ["lost"]
    assert not data["records_are_lost"]
    refused = call(root, "orphans", "--sweep")
    assert isinstance(refused.exception, UsageError)
    assert "no terminal to ask at" in refused.exception.message


@pytest.mark.starts("a program")
def test_without_any_record_nothing_is_swept(root: Path) -> None:
    leave(root, "lost")
    assert "The records are lost" in call(root, "orphans").output
    refused = call(root, "orphans", "--sweep", "--yes")
    assert isinstance(refused.exception, DeepcatError)
    assert refused.exception.code == "clouds/lost"


@pytest.mark.starts("a program")
def test_what_cannot_be_looked_at_is_said(root: Path) -> None:
    Store(root).update("kept", lambda _: Record(replace(STATE, name="kept")), "kept: runs")
    path = root / ".deepcat" / "outside" / "lost.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    done = call(root, "orphans")
    assert done.exit_code == 1
    assert "not known: the kind `outside` cannot look" in done.output
    assert "No orphans on any cloud that could be looked at." in done.output


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], {}),
        (["--user", "ada"], {"user": "ada"}),
        (["--user=ada", "--deep.er-still", "3"], {"user": "ada", "deep": {"er_still": 3}}),
        (["--host", "a", "--host", "b"], {"host": ["a", "b"]}),
        (["--is-open"], {"is_open": True}),
        (["--is-open=false", "--user", "x"], {"is_open": False, "user": "x"}),
        (["--share", "0.5"], {"share": 0.5}),
        (["--each", "host=a,user=b"], {"each": [{"host": "a", "user": "b"}]}),
        (["--usr", "x"], "`--usr` is no setting of this kind of cloud: did you mean `--user`?"),
        (
            ["--yes"],
            "`--yes` is no setting of this kind of cloud: did you mean `--accept-host-keys`?",
        ),
        (["ada"], "`ada` is no setting of this kind of cloud: "),
        (["--user"], "`--user` is given no value: write `--user VALUE`"),
        (["--deep.er-still", "x"], "`x` will not do for `--deep.er-still`: such as `7`"),
        (["--is-open=maybe"], "`maybe` will not do for `--is-open`: it is of the type boolean"),
        (["--each", "a"], {"each": [{"a": {}}]}),
        (["--each", "=a"], "`=a` will not do for `--each`: it is of the type object"),
        (["--named", "a,b", "--named.a.port", "22"], {"named": {"a": {"port": 22}, "b": {}}}),
        (["--named.a-b.port=1"], {"named": {"a-b": {"port": 1}}}),
        (["--named.a.prot", "22"], "`--named.a.prot` is no setting of this kind of cloud"),
    ],
)
def test_settings_are_read_as_their_schema_types_them(words: list[str], found: object) -> None:
    schema = {
        "properties": {
            "user": {"type": "string"},
            "host": {"type": "array", "items": {"type": "string"}},
            "each": {"type": "array", "items": {"type": "object"}},
            "is_open": {"type": "boolean"},
            "share": {"type": "number"},
            "named": {
                "type": "object",
                "additionalProperties": {
                    "type": ["object", "null"],
                    "properties": {"port": {"type": "integer"}},
                },
            },
            "deep": {"properties": {"er_still": {"type": "integer", "examples": [7]}}},
        }
    }
    if isinstance(found, dict):
        assert settings(schema, words) == found
        return
    with pytest.raises(UsageError) as caught:
        settings(schema, words)
    assert f"{caught.value.message}: {caught.value.hint}".startswith(str(found))


@pytest.mark.starts("a program")
def test_a_cloud_is_begun_by_what_its_kind_must_know(root: Path) -> None:
    done = call(root, "new", "new-one", "--kind", "outside", "--user", "ada", "--price", "2")
    assert done.exit_code == 0, done.exception
    assert yaml.safe_load((root / "clouds" / "new-one.yaml").read_text()) == {
        "apiVersion": "deepcat/v1", "name": "new-one", "kind": "outside",
        "summary": "The cloud new-one.", "price": 2.0, "outside": {"user": "ada"},
    }  # fmt: skip
    assert call(root, "probe", "new-one").exit_code == 0
    again = call(root, "new", "new-one", "--kind", "outside")
    assert isinstance(again.exception, DeepcatError)


@pytest.mark.starts("a program")
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("Bad_Name", "--kind", "local"), "`Bad_Name` is no name for a cloud"),
        (("x", "--kind", "locl"), "there is no kind of cloud `locl`"),
        (("x", "--kind", "local", "--user", "ada"), "`--user` is no setting of this kind"),
        (("x", "--kind", "outside", "--free", "-1"), "would not pass the check"),
    ],
)
def test_what_would_not_pass_the_check_is_not_begun(
    root: Path, argv: tuple[str, ...], words: str
) -> None:
    done = call(root, "new", *argv)
    assert isinstance(done.exception, UsageError)
    assert words in done.exception.message
    assert not (root / "clouds" / "x.yaml").exists()


@pytest.fixture
def complete(root: Path) -> Iterator[Callable[..., list[str]]]:
    def ask(*words: str) -> list[str]:
        shell = ShellComplete(cli, {}, "deepcat", "_X")
        *before, last = words
        return [each.value for each in shell.get_completions(["-C", str(root), *before], last)]

    yield ask


def test_names_and_kinds_complete(complete: Callable[..., list[str]]) -> None:
    assert complete("clouds", "probe", "") == ["far", "near", "odd", "shut"]
    assert {"local", "outside"} <= set(complete("clouds", "new", "x", "--kind", ""))
    assert complete("clouds", "o") == ["orphans"]
