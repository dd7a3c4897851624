"""Pull requests of strangers, each with its verdict, on the forge's double and the bare loop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from deepcat.cli.main import cli

for rig in ("github", "."):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs" / rig))

from github_fixtures import contract, hub  # noqa: E402, F401
from pull_requests import Proposed, begin, on_bare, on_forge  # noqa: E402

ROWS = yaml.safe_load((Path(__file__).parent / "pull_requests.yaml").read_text())
pytestmark = [pytest.mark.system("ssh-keygen"), pytest.mark.starts("git hooks")]


def rows(where: str) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in ROWS if row.get("where", where) == where]


def invoke(argv: list[str], environment: dict[str, str]) -> Any:
    names = [name for name in os.environ if name.startswith(("GITHUB_", "ACTIONS_"))]
    done = CliRunner().invoke(cli, argv, env=dict.fromkeys(names) | environment)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    begin(folder)
    return folder


@pytest.fixture
def made(begun: Path, tmp_path: Path) -> Callable[[Any], Proposed]:
    return lambda row: Proposed(tmp_path, begun, row)


def gated(made: Proposed, *argv: str) -> Proposed:
    """With a hook that refuses what the review refuses; nothing is applied after it."""
    owners = [who for who, role in made.row.get("may", {}).items() if role == "admin"]
    words = [word for who in owners for word in ("--owner", who)]
    invoke(["ci", "hook", "install", str(made.origin), "--gate", *words, *argv], {})
    (made.origin / "hooks" / "post-receive").unlink()
    return made


@pytest.mark.parametrize("row", rows("forge"))
def test_on_the_forge(row: Any, made: Callable[[Any], Proposed], hub: Any) -> None:  # noqa: F811
    errors, asks = set(row.get("errors", ())), set(row.get("asks", ()))
    verdict = "failure" if errors else "action_required" if asks else "success"
    assert on_forge(made(row), hub, invoke) == (verdict, errors, asks)


@pytest.mark.parametrize("row", rows("bare"))
def test_on_the_bare_loop(row: Any, made: Callable[[Any], Proposed]) -> None:
    found = gated(made(row))
    for who, says, of in row.get("votes", ()):
        assert says == "yes", "there is no other vote on a bare repository"
        found.push(found.approve(who, found.head if of == "head" else found.old))
    taken, errors, asks, words = on_bare(found, found.merge())
    assert (errors, asks) == (set(row.get("errors", ())), set(row.get("asks", ()))), words
    assert taken is not bool(errors or asks), words


OWN = {"name": "", "author": "ann", "change": {"modules/plain/README.md": "Other words.\n"}}
THEIRS = OWN | {"author": "eve"}
UNSIGNED = OWN | {"author": ""}


def refused(found: Proposed, pushed: str = "mine", **more: Any) -> str:
    taken, _, _, words = on_bare(found, pushed, **more)
    assert not taken, words
    return words


def test_a_key_that_the_catalog_does_not_name_proves_nobody(
    made: Callable[[Any], Proposed],
) -> None:
    found = gated(made(UNSIGNED))
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(found.folder / "mallory")]
    subprocess.run(argv, check=True)
    found.git("checkout", "-q", "mine")
    found.git("commit", "-q", "--amend", "--no-edit", "-S", who="mallory")
    assert "written by nobody" in refused(found)


def test_a_name_and_an_address_prove_nobody(made: Callable[[Any], Proposed]) -> None:
    found = gated(made(THEIRS))
    found.git("checkout", "-q", "mine")
    claimed = ["-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    author = "--author=ann <ann@example.org>"
    found.git(*claimed, "commit", "-q", "--amend", "--no-edit", author, "-S", who="eve")
    assert "written by eve" in refused(found)


def test_a_key_of_two_people_proves_nobody(made: Callable[[Any], Proposed]) -> None:
    row = OWN | {"base": {"deepcat.yaml": {"edit": ["  eve:\n", "  eve:\n  - KEY\n"]}}}
    found = made(OWN)
    key = (found.folder / "ann.pub").read_text().strip()
    row["base"]["deepcat.yaml"]["edit"][1] = f"  eve:\n  - {key}\n"
    found.folder.rename(found.folder.with_name("first"))
    assert "written by nobody" in refused(gated(made(row)))


@pytest.mark.parametrize("name", ["of another commit", "a release"])
def test_a_tag_that_was_signed_for_something_else_is_no_yes(
    made: Callable[[Any], Proposed], name: str
) -> None:
    """A ref can be called anything; what somebody signed says what it is of."""
    found = gated(made(THEIRS))
    if name == "a release":
        found.git("tag", "-s", "-m", "Release", "v1", found.head, who="ann")
        signed = "v1"
    else:
        signed = found.approve("ann", found.commit_of("main"))
    done = found.push(f"refs/tags/{signed}:refs/tags/approve/{found.head}/ann")
    assert done.returncode == 0, done.stderr
    assert "ann may say yes" in refused(found)


def test_one_object_does_not_stand_for_another(made: Callable[[Any], Proposed]) -> None:
    found = gated(made(THEIRS))
    found.git("checkout", "-q", "-b", "hers", "main")
    found.git("commit", "-q", "--allow-empty", "-m", "mine", "-S", who="ann")
    found.git("push", "-q", "origin", "hers")
    found.git("update-ref", f"refs/replace/{found.head}", found.commit_of("hers"), at=found.origin)
    assert "written by eve" in refused(found)
    main = found.commit_of("main")
    assert "only branches and tags" in found.push("mine", f"hers:refs/replace/{main}").stderr


@pytest.mark.parametrize(
    ("author", "evil", "signer", "expected"),
    [
        ("ann", False, "", set()),
        ("eve", False, "", {"modules/plain"}),
        ("eve", False, "ann", set()),
        ("ann", True, "eve", {"clouds/", "modules/plain"}),
        ("ann", True, "ann", {"clouds/"}),
    ],
    ids=["plain", "of a stranger", "signed by the owner", "evil", "evil and signed"],
)
def test_a_merge_is_what_it_brings_and_what_it_adds(
    made: Callable[[Any], Proposed], author: str, evil: bool, signer: str, expected: set[str]
) -> None:
    found = gated(made(OWN | {"author": author, "tip": {"notes.md": "Moved on.\n"}}))
    found.git("merge", "-q", "--no-ff", "--no-commit", "mine")
    if evil:
        found.git("mv", "clouds/local.yaml", "clouds/other.yaml")
    found.git("commit", "-q", "-m", "merge", *(["-S"] if signer else []), who=signer)
    taken, _, asks, words = on_bare(found, "main")
    assert asks == expected, words
    assert taken is not bool(expected)


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("+HEAD~1:main", "it only moves on"),
        (":main", "is not deleted"),
        ("gone:main", "would no longer hold a deepcat.yaml"),
    ],
)
def test_the_truth_only_moves_on(made: Callable[[Any], Proposed], ref: str, words: str) -> None:
    found = gated(made(OWN | {"tip": {"notes.md": "Moved on.\n"}}))
    found.git("config", "receive.denyDeleteCurrent", "ignore", at=found.origin)
    found.git("checkout", "-q", "-b", "gone")
    found.git("rm", "-q", "deepcat.yaml")
    found.git("commit", "-q", "-m", "gone")
    found.git("checkout", "-q", "main")
    before = found.git("rev-parse", "main", at=found.origin)
    done = found.push(ref)
    assert (done.returncode != 0, words in done.stderr) == (True, True), done.stderr
    assert found.git("rev-parse", "main", at=found.origin) == before


def test_a_yes_may_come_with_what_it_is_of(made: Callable[[Any], Proposed]) -> None:
    found = gated(made(THEIRS))
    done = found.push("mine:main", found.approve("ann", found.head))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("variable", "argv", "is_taken"),
    [
        ("DEEPCAT_HANDLE", [], True),
        ("GL_USER", ["--handle-from", "GL_USER"], True),
        ("GL_USER", [], False),
    ],
)
def test_the_transport_tells_who_pushes_where_it_is_trusted_to(
    made: Callable[[Any], Proposed], variable: str, argv: list[str], is_taken: bool
) -> None:
    found = gated(made(UNSIGNED), *argv)
    taken, _, _, words = on_bare(found, "mine", environment={variable: "Ann"})
    assert (taken, "written by ann" in words) == (is_taken, is_taken), words


def test_the_bounds_are_worked_out_and_none_is_believed(
    made: Callable[[Any], Proposed],
    hub: Any,  # noqa: F811
) -> None:
    """What stage one left behind says 1e9 and NaN, and that all is well; the comment is long."""
    from deepcat.forge.values import MAX_BODY
    from deepcat.review.shown import Shown, read

    lines = "".join(f"![]({n}.png)\n" for n in range(2000))
    price = {"clouds/local.yaml": {"edit": ["price: 0", "price: 3"]}}
    found = made(OWN | {"base": price, "change": {"modules/plain/README.md": lines}})
    row = {"cloud": "local", "accelerator": "", "price_hour": 1e9, "price_most": float("nan")}
    forged = {
        "format": "deepcat-review/v1",
        "head": found.head,
        "findings": [],
        "labels": ["trivial"],
    }
    left = found.folder / "left/review/review.json"
    left.parent.mkdir(parents=True)
    left.write_text(json.dumps(forged | {"shown": {"demo": row}}))
    verdict, errors, asks = on_forge(found, hub, invoke)
    assert (verdict, asks) == ("failure", set())
    assert errors == {"markdown/missing"}
    (comment,) = hub.state.comments.values()
    assert len(comment["body"]) <= MAX_BODY
    assert read(comment["body"], found.head) == {"demo": Shown("local", "", 3.0, 3.0)}
    (issue,) = hub.state.issues.values()
    assert [label["name"] for label in issue["labels"]] == ["needs-work"]


def test_a_cloud_that_is_not_agreed_to_is_not_asked_and_shows_nothing(
    made: Callable[[Any], Proposed],
    hub: Any,  # noqa: F811
) -> None:
    """The second stage may write: what a stranger's cloud names must not get to see it."""
    from deepcat.review.shown import NOTHING, read

    found = made(OWN | {"change": {"clouds/local.yaml": {"edit": ["price: 0", "price: 3"]}}})
    assert on_forge(found, hub, invoke) == ("action_required", set(), {"clouds/"})
    (comment,) = hub.state.comments.values()
    assert read(comment["body"], found.head) == {"demo": NOTHING}


@pytest.mark.parametrize("also", [False, True], ids=["alone", "beside the real one"])
def test_an_older_branch_gives_no_verdict(
    made: Callable[[Any], Proposed],
    hub: Any,  # noqa: F811
    also: bool,
) -> None:
    """The commit is proposed to a branch where the author still may do it, for its verdict."""
    row = THEIRS | {
        "base": {"modules/plain/module.yaml": {"edit": ["[ann]", "[ann, eve]"]}},
        "tip": {"modules/plain/module.yaml": {"edit": ["[ann, eve]", "[ann]"]}},
    }
    found = made(row)
    found.git("push", "-q", "origin", "main~1:refs/heads/old")
    number = hub.open_pull("eve", "mine", found.head, "eve")
    hub.state.pulls[number]["base"]["ref"] = "old"
    if also:
        assert on_forge(found, hub, invoke) == ("action_required", set(), {"modules/plain"})
        return
    with pytest.raises(ValueError, match="not enough values"):
        on_forge(found, hub, invoke, opened=number)
    assert hub.state.checks == []


def test_operations_in_an_archive_need_a_yes(made: Callable[[Any], Proposed]) -> None:
    """Nobody reads them in a diff."""
    found = made(OWN)
    found.git("checkout", "-q", "mine")
    folder = found.root / "modules" / "plain"
    template = (
        "tosca_definitions_version: tosca_simple_yaml_1_3\n"
        "node_types:\n  own.Tool:\n    derived_from: tosca.nodes.SoftwareComponent\n"
        "    interfaces: {Standard: {create: create.sh}}\n"
        "topology_template:\n  node_templates:\n    host: {type: tosca.nodes.Compute}\n"
        "    tool: {type: own.Tool, requirements: [host: host]}\n"
    )
    with zipfile.ZipFile(folder / "tool.csar", "w") as archive:
        archive.writestr("tosca.yaml", template)
        archive.writestr("create.sh", "#!/bin/sh\n")
    text = (folder / "module.yaml").read_text().replace("1.0.0", "1.1.0")
    (folder / "module.yaml").write_text(f"{text}topology: tool.csar\n")
    found.git("add", "-A")
    found.git("commit", "-q", "-m", "packed", "-S", who="ann")
    taken, errors, asks, words = on_bare(gated(found), "mine")
    assert (taken, errors, asks) == (False, set(), {"modules/plain"}), words
    assert "runs operations that the module supplies: root may say yes" in words
