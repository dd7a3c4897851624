"""Work in a notebook as it is brought into a catalog's repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.offers import Offer
from deepcat.errors import DeepcatError
from deepcat.forge.bare import Bare
from deepcat.forge.git import Repository
from deepcat.forge.scene import Scene
from deepcat.host.notebook import saved, values
from deepcat.loop import unsaved
from deepcat.loop.wished import answer
from deepcat.loop.worked import Work, _body, proposed, work_of
from deepcat.plan.values import Action, Change, State, Status
from deepcat.runs.values import Job, Outcome

SOURCE = Path(__file__).resolve().parents[2]
MODULE = "half-plus-two"


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(["git", *argv], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


class Desk:
    """A notebook whose host is this machine."""

    name = "desk"
    module = MODULE

    def __init__(self, folder: Path, files: Path) -> None:
        self.folder = folder
        self.files = folder / "files"
        shutil.copytree(files, self.files)
        self.left: Any = {}
        self.answers: list[tuple[str, str, str]] = []
        self.save()

    def save(self) -> None:
        refs = values.ref_of(self.name), values.base_of(self.name)
        saving = saved._Saving(str(self.files), str(self.folder / "saved.git"), *refs)
        self.left = saving.saved("")["left"]

    def wish(self, now: Any) -> tuple[str, str] | None:
        return None if self.answers else now

    def answer(self, wish: str, address: str, failed: str) -> None:
        self.answers.append((wish, address, failed))

    def told(self) -> dict[str, Any]:
        return {"left": self.left}

    def bundle(self) -> bytes:
        refs = values.ref_of(self.name), values.base_of(self.name)
        argv = ["git", "--git-dir", str(self.folder / "saved.git"), "bundle", "create", "-q", "-"]
        return subprocess.run([*argv, *refs], capture_output=True, check=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    git(catalog, "init", "-q", "-b", "main")
    shutil.copy(SOURCE / "deepcat.yaml", catalog)
    folder = catalog / "modules" / MODULE
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCE / "modules" / MODULE, folder, ignore=ignored)
    git(catalog, "add", "-A")
    git(catalog, "commit", "-q", "-m", "begin")
    return catalog


@pytest.fixture
def desk(root: Path, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk", root / "modules" / MODULE)


def put(root: Path, desk: Any, tip: str, text: str = "") -> str:
    repository = Repository(root)
    work = work_of(root, repository, desk, tip)
    return proposed(repository, Bare(repository, "main"), desk, work, "main", "", text)


def test_it_stands_upon_what_it_began_with_and_moves_on(root: Path, desk: Desk) -> None:
    begun = git(root, "rev-parse", "main").strip()
    (root / "modules" / MODULE / "README.md").write_text("# Half plus two\n\nNewer words.\n")
    git(root, "commit", "-q", "-a", "-m", "meanwhile")
    tip = git(root, "rev-parse", "main").strip()
    (desk.files / "train.py").write_text("print('better')\n")
    (desk.files / "new.py").write_text("print(1)\n")
    desk.save()
    assert put(root, desk, tip, "Better\n\nBy much.") == "deepcat/develop/desk"
    branch = "deepcat/develop/desk"
    assert git(root, "rev-parse", f"{branch}^").strip() == begun
    assert git(root, "diff", "--name-status", begun, branch).split() == [
        "A", f"modules/{MODULE}/new.py", "M", f"modules/{MODULE}/train.py",
    ]  # fmt: skip
    said = git(root, "log", "-1", "--format=%B", branch)
    assert said.startswith("Better\n\nBy much.\n\nDeepcat-Work: desk")
    (desk.files / "new.py").unlink()
    desk.save()
    put(root, desk, tip)
    assert "new.py" not in git(root, "diff", "--name-only", begun, branch)
    assert git(root, "rev-list", "--count", f"{begun}..{branch}").strip() == "1"


def test_what_was_left_out_is_not_taken_away(root: Path, desk: Desk) -> None:
    tip = git(root, "rev-parse", "main").strip()
    (desk.files / "README.md").write_text("ghp_" + "a" * 36)
    (desk.files / "train.py").unlink()
    desk.save()
    work = work_of(root, Repository(root), desk, tip)  # type: ignore[arg-type]
    assert work.parts == {"train.py": None}
    assert work.left == {"README.md": "it holds what looks like a secret"}


def test_what_the_check_has_against_it_is_told(root: Path, desk: Desk) -> None:
    tip = git(root, "rev-parse", "main").strip()
    path = desk.files / "module.yaml"
    path.write_text(path.read_text().replace("title:", "titel:", 1))
    desk.save()
    work = work_of(root, Repository(root), desk, tip)  # type: ignore[arg-type]
    assert "schema/unknown-key" in {code for code, _ in work.errors}


def test_a_branch_of_somebody_else_is_left_alone(root: Path, desk: Desk) -> None:
    tip = git(root, "rev-parse", "main").strip()
    git(root, "branch", "deepcat/develop/desk", tip)
    (desk.files / "train.py").write_text("print('better')\n")
    desk.save()
    with pytest.raises(Exception, match="holds commits of somebody else"):
        put(root, desk, tip)


def test_what_a_host_says_of_work_is_shown_as_text() -> None:
    desk: Any = type("Desk", (), {"name": "desk", "module": MODULE})
    left = {"a`b\n\n# <b>c</b> @all": "why\n\n<img src=x> @all [l](http://x)"}
    work = Work("0" * 40, {}, [("code", "said\n\n<b>`@all`</b>")], left)
    body = _body(desk, work, "")
    assert " <img" not in body
    assert "@all [l](" not in body
    assert not [line for line in body.splitlines() if line.startswith(("#", "<"))]


def test_of_a_module_that_the_catalog_does_not_have_all_is_proposed(root: Path, desk: Desk) -> None:
    git(root, "rm", "-q", "-r", f"modules/{MODULE}")
    git(root, "commit", "-q", "-m", "without it")
    tip = git(root, "rev-parse", "main").strip()
    (desk.files / "new.py").write_text("print(1)\n")
    desk.save()
    # Git's history has it, so that somebody would only want it back who says so.
    git(root, "checkout", "-q", "--orphan", "anew")
    git(root, "commit", "-q", "-m", "another beginning")
    tip = git(root, "rev-parse", "anew").strip()
    assert put(root, desk, tip) == "deepcat/develop/desk"
    named = git(root, "ls-tree", "-r", "--name-only", "deepcat/develop/desk").split()
    assert {f"modules/{MODULE}/{name}" for name in ("new.py", "module.yaml")} <= set(named)


def test_a_wish_is_answered_once_and_told_what_became_of_it(root: Path, desk: Desk) -> None:
    repository = Repository(root)
    known = (root, repository, Bare(repository, "main"), desk, ("7", "Better"), "main", "")
    assert answer(*known) == "desk: nothing changed"  # type: ignore[arg-type]
    assert desk.answers == [("7", "", "nothing changed")]
    (desk.files / "train.py").write_text("print('better')\n")
    desk.save()
    desk.answers.clear()
    branch = "deepcat/develop/desk"
    assert answer(*known) == f"desk: proposed: {branch}"  # type: ignore[arg-type]
    assert desk.answers == [("7", branch, "")]
    assert git(root, "log", "-1", "--format=%s", branch).strip() == "Better"
    assert answer(*known) == ""  # type: ignore[arg-type]


def test_work_that_no_branch_has_holds_its_machine(
    root: Path, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsaved, "scene", Scene)
    told = SimpleNamespace(failed="")
    desk.ask = lambda act: told
    assert unsaved._unsaved_of(root, desk) is None
    (desk.files / "notes.txt").write_text("kept")
    (desk.files / "README.md").unlink()
    desk.save()
    error = unsaved._unsaved_of(root, desk)
    assert error is not None
    assert error.code == "develop/unsaved"
    assert "`README.md`, `notes.txt` of `desk`" in error.message
    assert "deepcat develop save desk" in (error.hint or "")
    put(root, desk, git(root, "rev-parse", "main").strip())
    assert unsaved._unsaved_of(root, desk) is None
    (desk.files / "link").symlink_to("notes.txt")
    desk.save()
    error = unsaved._unsaved_of(root, desk)
    assert error is not None
    assert "link" in error.message
    told.failed = "No space left on device"
    error = unsaved._unsaved_of(root, desk)
    assert error is not None
    assert "No space left" in error.message


DEVELOPED, SERVED = (
    SimpleNamespace(deployment=SimpleNamespace(profile=each)) for each in ("develop", "serve")
)
HERE, THERE = Offer("lab", "small", "openstack"), Offer("lab", "large", "openstack")


@pytest.mark.parametrize(
    ("action", "wish", "offer", "old", "ahead"),
    [
        (Action.UPDATE, DEVELOPED, HERE, "", True),
        (Action.UPDATE, DEVELOPED, None, "", True),
        (Action.REPLACE, DEVELOPED, THERE, "", False),
        (Action.REPLACE, SERVED, HERE, "", False),
        (Action.REPLACE, DEVELOPED, HERE, "table", False),
        (Action.DELETE, None, None, "", False),
    ],
)
def test_what_gives_a_machine_up_is_held_back(
    action: Any, wish: Any, offer: Any, old: str, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = DeepcatError("there is work", hint="", code="develop/unsaved")
    monkeypatch.setattr(unsaved, "_at_stake", lambda *_: why)
    change = Change(
        action, "desk", MODULE, "1.0.0", "develop", offer=offer, fallbacks=(THERE,),
        renamed_from=old,
    )  # fmt: skip
    clouds = {
        "lab": Cloud("lab", "clouds/lab.yaml", "openstack", {}),
        "here": Cloud("here", "clouds/here.yaml", "local", {}),
    }

    def sorted_out(profile: str, cloud: str) -> tuple[list[Job], list[Outcome]]:
        own = ("desk", MODULE, "1.0.0", "", profile, {}, cloud, "small", Status.RUNNING, "", "")
        before = State(*own)
        return unsaved.sorted_out(Path(), clouds, [Job(change, wish, before)])

    going, held = sorted_out("develop", "lab")
    assert bool(going) is ahead
    assert [each.failures[0].code for each in held] == ([] if ahead else ["develop/unsaved"])
    assert all(not each.change.fallbacks for each in going)
    for others in (sorted_out("serve", "lab"), sorted_out("develop", "here")):
        assert [each.change for each in others[0]] == [change]


@pytest.mark.parametrize(
    ("cloud", "shape", "ahead"),
    [("cluster", "small", True), ("cluster", "large", True), ("lab", "small", False)],
)
def test_a_claim_stays_in_any_shape_of_its_cloud_and_goes_with_its_deployment(
    cloud: str, shape: str, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = DeepcatError("there is work", hint="", code="develop/unsaved")
    monkeypatch.setattr(unsaved, "_at_stake", lambda *_: why)
    clouds = {"cluster": Cloud("cluster", "clouds/cluster.yaml", "kubernetes", {})}
    own = ("desk", MODULE, "1.0.0", "", "develop", {}, "cluster", "small", Status.RUNNING, "", "")
    offer = Offer(cloud, shape, "kubernetes")
    change = Change(Action.REPLACE, "desk", MODULE, "1.0.0", "develop", offer=offer)
    wish: Any = DEVELOPED
    going, _ = unsaved.sorted_out(Path(), clouds, [Job(change, wish, State(*own))])
    assert bool(going) is ahead
    gone = Change(Action.DELETE, "desk", MODULE, "1.0.0", "develop")
    assert not unsaved.sorted_out(Path(), clouds, [Job(gone, None, State(*own))])[0]
