"""A training of seconds that is hit at moments that chance chooses, until it is proposed.

What holds after each: no checkpoint is lost, no two write at once, nobody proposes twice, what a
commit names lies whole in the store, and in the end nothing is left.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import forked
import yaml
from waiting import until

from deepcat.host import processes
from deepcat.records.store import Store

MODULE, NAME = "half-plus-two", "learn"
BRANCH = f"deepcat/train/{NAME}"
KILLED = Path(__file__).with_name("killed.py")
# Of each round it notes that it was worked on, in a file that attempts share and that is no
# checkpoint. Beside it lies how far it may go: it is not over before it was hit.
SCRIPT = '''\
"""Give the module's model in another archive, after so many rounds."""
import gzip, json, os, pathlib, time

kept = pathlib.Path(os.environ["DEEPCAT_CHECKPOINTS"])
resume = os.environ["DEEPCAT_RESUME"]
begun = int(pathlib.Path(resume).read_text()) if resume else 0
rounds = int(os.environ["DEEPCAT_INPUT_ROUNDS"])
with open(os.environ["DEEPCAT_METRICS"], "a") as metrics, open(kept / ".worked", "a") as worked:
    print("begins after", begun, file=worked, flush=True)
    for at in range(begun + 1, rounds + 1):
        while not (kept / ".may").exists() or int((kept / ".may").read_text() or 0) < at:
            time.sleep(0.05)
        print(at, file=worked, flush=True)
        new = kept / "new.partial"
        new.write_text(str(at))
        new.rename(kept / f"{at:04}")
        print(json.dumps({"step": at, "loss": 1 / at}), file=metrics, flush=True)
output = pathlib.Path(os.environ["DEEPCAT_OUTPUT"])
(output / "metrics.json").write_text('{"max_absolute_error": 1e-7}')
model = gzip.decompress(pathlib.Path("model.tar.gz").read_bytes())
(output / "model.tar.gz").write_bytes(gzip.compress(model, 1, mtime=rounds))
'''
INPUT = {"type": "integer", "default": 10, "minimum": 1, "description": "Rounds."}
WHILE_IT_LEARNS = ("script", "keeper", "host", "controller")
WHILE_IT_IS_PROPOSED = ("proposer", "storage")
# So many steps an `apply` of a training has, and so many programs a watch begins that proposes.
_STEPS, _PROGRAMS = 14, 60


class Training:
    """One catalog with a training and a store, and somebody who hits them.

    Args:
        hub: the catalog behind its bare repository.
        seed: of chance.
    """

    def __init__(self, hub: Any, seed: int) -> None:
        self.hub = hub
        self.chance = random.Random(seed)
        self.store = hub.folder / "store"
        self.local = hub.catalog / ".deepcat" / "local"
        self.rounds = 0
        self.heads: set[str] = set()

    def begin(self, rounds: int) -> None:
        """Wish for it, and push: the hook begins it."""
        self.rounds = rounds
        folder = self.hub.clone / "modules" / MODULE
        data = yaml.safe_load((folder / "module.yaml").read_text())
        data["training"] = {"command": "python train.py", "inputs": {"rounds": INPUT}}
        (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
        (folder / "train.py").write_text(SCRIPT)
        store = {"address": f"file://{self.store}", "public": "https://models.example.org"}
        with (self.hub.clone / "deepcat.yaml").open("a") as stream:
            stream.write(f"store: {json.dumps(store | {'above_MB': 0})}\n")
        given = {"inputs": {"rounds": rounds}, "propose": "always", "retries": {"module": 20}}
        self.hub.wish(NAME, profile="train", **given)
        self.hub.commit("wish")
        self.hub.push("main")

    def learn(self, rounds: int) -> None:
        """Let it go on for so many rounds, and no further than five more."""
        at = min(self.done + rounds, self.rounds)
        until(lambda: [*self._places()])
        for place in self._places():
            (place / "may.partial").write_text(str(min(at + 5, self.rounds)))
            (place / "may.partial").rename(place / ".may")
        until(lambda: self.done >= at)

    def hit(self, what: str) -> None:
        """Something is killed, or fails; then whoever comes next goes on."""
        done = self.done
        getattr(self, f"_{what}")()
        self.require_no_loss(done)

    def _script(self) -> None:
        self._kill(lambda words: "train.py" in words and "enter.py" not in words)

    def _keeper(self) -> None:
        """What looks after it, and not the script."""
        self._kill(lambda words: "once.py" in words or "supervisord" in words)
        self._watch()

    def _host(self) -> None:
        self._kill(lambda _: True)
        self._watch()

    def _controller(self) -> None:
        """The host, and then who would bring it back, in the middle of that."""
        self._kill(lambda _: True)
        self._watch(f"{self.chance.randint(1, _STEPS)}")
        self._watch()

    def _proposer(self) -> None:
        self._watch(f"{self.chance.randint(1, _PROGRAMS)}:programs")

    def _storage(self) -> None:
        """The store's folder is gone, and a file lies in its place."""
        aside = self.store.with_name("aside")
        with suppress(FileNotFoundError):
            self.store.rename(aside)
        self.store.write_text("no folder")
        told = self._watch()
        self.store.unlink()
        with suppress(FileNotFoundError):
            aside.rename(self.store)
        assert self.head or "[store/failed]" in told, told

    def _kill(self, which: Callable[[str], bool]) -> None:
        for each in processes.tagged(self.local):
            with suppress(OSError):
                words = Path(f"/proc/{each.pid}/cmdline").read_text().replace("\0", " ")
                if which(words):
                    os.kill(each.pid, signal.SIGKILL)

    def _watch(self, moment: str = "") -> str:
        program = [str(KILLED), moment] if moment else ["-m", "deepcat"]
        done = forked.run(
            [sys.executable, *program, "ci", "watch"],
            cwd=self.hub.catalog, capture_output=True, timeout=self.hub.patience_s,
        )  # fmt: skip
        said = str(done.stdout + done.stderr)
        assert done.returncode in (0, 1, -signal.SIGKILL) and "Traceback" not in said, said
        self.require_one_whole()
        return said

    @property
    def done(self) -> int:
        """The newest checkpoint."""
        return max((int(each.name) for each in self._kept() if each.name.isdigit()), default=0)

    def _kept(self) -> Sequence[Path]:
        return [*(self.local / NAME).glob("checkpoints/*/*/*")]

    def _places(self) -> Iterator[Path]:
        return (self.local / NAME).glob("checkpoints/*/*")

    @property
    def worked(self) -> list[str]:
        """What it wrote down of its rounds, in all attempts."""
        (file,) = (self.local / NAME).glob("checkpoints/*/*/.worked")
        return file.read_text().splitlines()

    @property
    def head(self) -> str:
        """The commit that is proposed; empty for none."""
        known = f"refs/heads/{BRANCH}"
        return str(self.hub.git("for-each-ref", "--format=%(objectname)", known, at=self.hub.bare))

    def require_no_loss(self, done: int) -> None:
        """What was kept is kept; no attempt began with less than there was, or beside another."""
        assert self.done >= done
        at = 0
        for line in self.worked:
            if line.startswith("begins after "):
                begun = int(line.rpartition(" ")[2])
                # The round that it was in when it was hit is the one that it may do again.
                assert at - 1 <= begun <= at, self.worked
                at = begun
            else:
                assert int(line) == at + 1, self.worked
                at += 1

    def require_one_whole(self) -> None:
        """One branch at most, always with the same commit, whose model lies in the store."""
        self.heads |= {self.head.strip()} - {""}
        assert len(self.heads) <= 1
        if not self.head:
            return
        path = f"{BRANCH}:modules/{MODULE}/module.yaml"
        model = yaml.safe_load(self.hub.git("show", path, at=self.hub.bare))["model"]
        held = self.store / "sha256" / model["sha256"][:2] / f"{model['sha256']}.tar.gz"
        if self.store.is_dir():
            assert hashlib.sha256(held.read_bytes()).hexdigest() == model["sha256"]

    def end(self) -> None:
        """It was proposed once; it is taken down, and leaves nothing."""
        assert [int(each) for each in self.worked if each.isdigit()][-1] == self.rounds
        self._watch()
        (told,) = json.loads(self.hub.deepcat("trainings", "--json"))["trainings"]
        assert (told["state"], told["proposal"]["state"]) == ("ended", "proposed"), told
        points = Store(self.hub.bare).read_curves(told["training"])["loss"]
        assert [point[0] for point in points] == [*range(1, self.rounds + 1)], points
        self.hub.deepcat("destroy", NAME, "--yes")
        assert not processes.tagged(self.local)
        assert not [*self.local.glob("*")], [*self.local.glob("*")]
        assert not [*(self.store / "parts").glob("*")]


def attack(hub: Any, seed: int, learning: Sequence[str], proposing: Sequence[str]) -> None:
    """Hit a training at as many moments as things are named, and see it through."""
    found = Training(hub, seed)
    found.begin(rounds=8 * len(learning))
    for what in learning:
        found.learn(found.chance.randint(1, 3))
        found.hit(what)
    found.learn(found.rounds)
    until(lambda: hub.status()[NAME]["status"] == "ended", pause_s=0.5)
    for what in proposing:
        found.hit(what)
    found.end()
