"""A training is proposed while it is killed again and again, at moments that chance chooses."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ended_trainings import BRANCH, MODULE, TRAINING, git, here

from deepcat.forge.bare import Bare
from deepcat.forge.git import Repository
from deepcat.loop.trained.propose import Stage, propose
from deepcat.loop.trained.store import ModelStore, Place
from deepcat.loop.trained.values import Wish
from deepcat.records.store import Store

__all__ = ["here"]

pytestmark = pytest.mark.starts("programs that are killed")


# It begins so many programs, and moves so many files.
_MOMENTS = 49


def _expected(_: Any, module: Any) -> tuple[str, Sequence[Mapping[str, Any]]]:
    return "", [each.response for each in module.samples]


def main(root: Path, store: Path, left: int) -> int:
    """Propose; of all programs that it begins, and files that it moves, die before one."""

    def moment(event: str, _: Any) -> None:
        nonlocal left
        if event in ("subprocess.Popen", "os.rename", "shutil.move"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def bring(_: Any) -> Any:
        yield root.parent / "output"

    place = Place(f"file://{store}", "https://models.example.org", above=0)
    repository = Repository(root)
    given = (root, repository, Bare(repository, "main"), Store(root), "main", "", _expected)
    stage = Stage(*given, bring, "EUR", models=ModelStore(place), in_commit=True)
    training = Store(root).read_trainings()[TRAINING]
    sys.addaudithook(moment)
    propose(stage, training, Wish.BETTER)
    sys.stdout.write(str(-left))
    return 0


def proposed(root: Path, store: Path, moment: int) -> subprocess.CompletedProcess[str]:
    """Propose in a process of its own, which dies at a moment; 0 for none."""
    argv = [sys.executable, __file__, str(root), str(store), str(moment)]
    path = os.pathsep.join(each for each in sys.path if each)
    env = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=env)


def require_whole(root: Path, store: Path) -> None:
    """What a commit names lies in the store, whole."""
    if not git(root, "branch", "--list", BRANCH):
        return
    model = yaml.safe_load(git(root, "show", f"{BRANCH}:modules/{MODULE}/module.yaml"))["model"]
    sha256 = model["sha256"]
    path = store / "sha256" / sha256[:2] / f"{sha256}.tar.gz"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    assert git(root, "rev-list", "--count", f"main..{BRANCH}") == "1"


@pytest.mark.parametrize("times", [30])
def test_no_second_one_and_no_half_model_is_named(here: Path, tmp_path: Path, times: int) -> None:
    store = tmp_path / "store"
    chance = random.Random(times)
    heads = set()
    for moment in sorted(chance.choices(range(1, _MOMENTS + 1), k=times)):
        done = proposed(here, store, moment)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        require_whole(here, store)
        heads |= {git(here, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")}
    assert proposed(here, store, 0).returncode == 0
    require_whole(here, store)
    heads |= {git(here, "rev-parse", BRANCH)}
    assert len(heads - {""}) == 1
    names = git(here, "for-each-ref", "--format=%(refname)", "refs/heads/deepcat").split()
    assert names == [f"refs/heads/{BRANCH}"]
    assert Store(here).read_trainings()[TRAINING].proposal["state"] == "proposed"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
