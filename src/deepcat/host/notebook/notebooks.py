"""Begin, follow and end the notebooks of one deployment on this host."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from deepcat.host import cards, ports
from deepcat.host.box.argv import boxed, write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available
from deepcat.host.box.needs import VARIABLES, of_python
from deepcat.host.environments import shared
from deepcat.host.environments.locks import pins_in
from deepcat.host.failure import StepError
from deepcat.host.keeper import ADDRESS, REST, Keeper, Once, Program, keeper_of
from deepcat.host.machine import CARDS, devices
from deepcat.host.model_server import listening, rollout
from deepcat.host.notebook import box, editors, values
from deepcat.host.notebook.values import Running, Wanted, running
from deepcat.host.place import Place, open_up, read_json, write_json
from deepcat.host.processes import VARIABLE
from deepcat.host.python import words
from deepcat.host.taking_away import away

# Of a notebook's folder: what it reads, and what it writes and forgets.
_SET, _OWN, _GRANT = values.SET, "own", "grant.json"
_OPEN_FILES, _SHARED_BYTES = 65_536, 1 << 30
# As of servers: a bound is more than what the wish asks a host for.
_FACTOR, _LEAST_MEMORY = 2, 2 << 30


class Notebooks:
    """The notebooks of one deployment.

    The state that it keeps for each node: ``live``, the notebook that holds; ``makes``, an
    environment that is being made; ``generation``, a counter; ``at``, where one listened last that
    chooses that itself. One takes the place of another at
    once, for two would work on the same files.

    Args:
        place: the deployment's.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.state = place.state
        self.local = place.folder.parent
        self.keeper: Keeper = keeper_of(self.local, self.state.get("keeper") or {})
        self._nodes: dict[str, dict[str, Any]] = self.state.setdefault("notebooks", {})

    @property
    def is_none(self) -> bool:
        """Whether the deployment has none, nor had one."""
        return not self._nodes

    def bring_up(self, wanted: Wanted, files: Path) -> tuple[Running, bool]:
        """Begin a notebook unless the very same runs; gives it, and whether it was begun.

        Args:
            wanted: what it is.
            files: the module's, which the work begins with where there is none yet.

        Raises:
            StepError: this host cannot run it, or an environment cannot be made.
        """
        self._require(wanted)
        mine = self._nodes.setdefault(wanted.node, {})
        live = running(mine.get("live"))
        goal = _goal(wanted, files)
        if live is not None and live.goal == goal and (self._is_up(live) or self.has_left(live)):
            return live, self._bound(live, wanted.idle_s)
        if live is not None:
            self.keeper.remove(live.program)
        mine["generation"] = int(mine.get("generation", 0)) + 1
        environment = self._made(wanted, editors.of(wanted.editor).lock, files, mine)
        own = self._made(wanted, wanted.lock, files, mine)
        mine.pop("makes", None)
        port = 0 if self.keeper.elsewhere else self._port(wanted, live)
        with self._with_cards(wanted, live) as taken:
            found = Running(
                program=f"{self.place.name}~{wanted.node}~{mine['generation']}{values.SUFFIX}",
                folder=f"{values.FOLDER}/{wanted.node}/{mine['generation']}",
                address=wanted.address,
                port=port,
                environment=environment,
                kernel=own,
                cards=taken,
                goal=goal,
            )
            mine["live"] = asdict(found)
            self.place.save(self.state)
        self._lay(wanted, found, files)
        self._start(found)
        return found, True

    def _bound(self, live: Running, idle_s: int) -> bool:
        """Let it stop after another time without use, while it runs; whether that is another."""
        folder = self.place.folder / live.folder
        told, asked = read_json(folder / values.FILE), read_json(folder / values.ASKED)
        if told.get("idle_s") == idle_s:
            return False
        if asked.pop("idle_s", None) is not None:  # what was said last holds
            write_json(folder / values.ASKED, asked)
        write_json(folder / values.FILE, {**told, "idle_s": idle_s})
        return True

    def live(self) -> dict[str, Running]:
        """Node -> its notebook."""
        found = {node: running(mine.get("live")) for node, mine in self._nodes.items()}
        return {node: each for node, each in found.items() if each is not None}

    def now(self, each: Running) -> dict[str, Any]:
        """What is known of one."""
        return read_json(self.place.folder / each.folder / values.NOW)

    def has_left(self, each: Running) -> bool:
        """Whether it stopped and holds no machine meanwhile: who wants it starts it again."""
        return bool(self.now(each).get("left"))

    def again(self, node: str) -> Running | None:
        """Start one again that has left; None where there is none."""
        each = self.live().get(node)
        if each is not None and self.has_left(each) and not self._is_up(each):
            anew = {"state": values.RUNS, "left": False, "answers": False}
            write_json(self.place.folder / each.folder / values.NOW, {**self.now(each), **anew})
            self._start(each)
        return each

    def located(self, node: str, each: Running) -> Running | None:
        """One with where it listens, or did last; None when it has not chosen that yet."""
        if self.keeper.elsewhere is None:
            return each
        mine, program = self._nodes[node], self.program(each)
        if program is not None and program.listens is not None:
            mine["at"] = [program.listens.address, program.listens.rest]
        at = mine.get("at")
        return replace(each, address=at[0], port=at[1]) if at else None

    def kept(self, node: str) -> Path:
        """Where lies what outlives one."""
        return values.kept_at(self.local, self.place.name, node)

    def abandon(self) -> None:
        """Take away what does not answer."""
        for mine in self._nodes.values():
            each = running(mine.get("live"))
            answers = each is not None and self._is_up(each) and self.now(each).get("answers")
            if each is not None and not answers and not self.has_left(each):
                mine.pop("live")
            mine.pop("makes", None)
        self.sweep()

    def end(self) -> None:
        """Stop everything; the work stays, and lies beside the deployments."""
        self._nodes.clear()
        self._clear()
        with suppress(OSError):
            shared.sweep(self.local, but=self.place)

    def sweep(self) -> None:
        """Stop and delete what the state does not name, and write the state down."""
        self.place.save(self.state)
        self._clear()
        shared.sweep(self.local)

    def program(self, each: Running) -> Program | None:
        """What the keeper knows of one; None when it does not know it."""
        return self.keeper.programs().get(each.program)

    def title(self, each: Running) -> str:
        """What its editor is called."""
        told = read_json(self.place.folder / each.folder / values.FILE)
        return editors.of(str(told.get("editor") or "")).title

    def log(self, each: Running) -> Path:
        """Where its output goes."""
        return self.place.folder / "logs" / f"{each.program}.log"

    def _is_up(self, each: Running) -> bool:
        program = self.program(each)
        return program is not None and program.is_up

    def _made(self, wanted: Wanted, lock: str, files: Path, mine: dict[str, Any]) -> str:
        """The name of a lock's environment, which nobody sweeps meanwhile; or where it lies."""
        told = wanted.environments.get(lock) or {}
        pins = _pins(lock, files)
        if not pins or told.get("path"):
            return str(told.get("path") or "")
        makes = {*mine.get("makes", ()), shared.key_of(pins)}
        mine["makes"] = sorted(makes)
        self.place.save(self.state)
        return shared.made(self.local, pins, str(told.get("index") or ""))

    @contextmanager
    def _with_cards(self, wanted: Wanted, live: Running | None) -> Iterator[tuple[str, ...]]:
        """Graphics cards for a notebook, which nobody else takes meanwhile."""
        if not wanted.cards or self.keeper.elsewhere is not None:
            yield ()
            return
        with cards.choosing(self.place.folder) as free:
            yield tuple(free.take(wanted.cards, live.cards if live else (), wanted.part))

    def _require(self, wanted: Wanted) -> None:
        """See that this host can run it."""
        editors.of(wanted.editor).reads()
        if shutil.which("git") is None:
            message = "work cannot be saved on this host: it has no program `git`"
            raise StepError("cloud", "run/notebook", message, "install git there")
        why = "" if self.keeper.elsewhere else box.lacks(unboxed=wanted.unboxed)
        if not why:
            return
        hint = "mend the host, or say `unboxed: true` in deepcat.yaml, if you trust every module"
        raise StepError("cloud", "run/box", f"this host gives no box for a notebook: {why}", hint)

    def _port(self, wanted: Wanted, live: Running | None) -> int:
        taken = listening.ports_of_others(self.place)

        def is_free(number: int) -> bool:
            return number not in taken and ports.is_free(wanted.address, number)

        before = live.port if live and live.address == wanted.address else 0
        port = rollout.port(wanted.port, wanted.fixed, before, is_free)
        if port is None:
            message = f"port {wanted.port} of {wanted.address} is taken"
            hint = "stop what uses it, or give the notebook another port, or 0 for a free one"
            raise StepError("capacity", "run/port", message, hint)
        return port or ports.free_port(wanted.address, taken)

    def _lay(self, wanted: Wanted, each: Running, files: Path) -> None:
        """Write down what it is, and let the work begin with the module's files."""
        folder, kept = self.place.folder / each.folder, self.kept(wanted.node)
        away(folder)
        for path in (folder / _SET, folder / _OWN, kept / values.HOME):
            path.mkdir(parents=True, exist_ok=True)
        if not (kept / values.FILES).is_dir():
            draft = kept / f".{values.FILES}.new"
            shutil.rmtree(draft, ignore_errors=True)
            if files.is_dir():
                ours = shutil.ignore_patterns(values.OURS)
                shutil.copytree(files, draft, symlinks=True, ignore=ours)
            else:
                draft.mkdir()
            draft.replace(kept / values.FILES)
        editor, where = editors.of(wanted.editor), self._where(each, folder, kept)
        editor.write(where, files / values.LAB)
        open_up(folder / _SET)
        grant = self._grant(wanted, each, where)
        tried = wanted.unboxed or self.keeper.elsewhere is not None
        write(folder / _GRANT, grant, None if tried else available())
        unboxed = ["--unboxed"] if wanted.unboxed else []
        asked = ["--owner", f"--keep={VARIABLE}", *unboxed, str(folder / _GRANT)]
        name = self.place.name
        told = {
            "argv": boxed(*asked, *editor.command(where)),
            "editor": wanted.editor,
            "deployment": name,
            "address": each.address,
            "port": each.port,
            "prefix": values.prefix_of(name),
            "kept": str(kept),
            "own": str(folder / _OWN),
            "idle_s": wanted.idle_s,
            "leaves": self.keeper.elsewhere is not None,
            "lasts_s": self.keeper.elsewhere.lasts_s if self.keeper.elsewhere else 0,
            "unboxed": wanted.unboxed,
            "words": f"It is stopped, and the work is kept. Start it: deepcat develop {name}\n",
        }
        write_json(folder / values.FILE, told)

    def _where(self, each: Running, folder: Path, kept: Path) -> editors.Laid:
        environment, own = (
            str(shared.path_of(self.local, name)) if name else ""
            for name in (each.environment, each.kernel)
        )
        return editors.Laid(folder / _SET, environment, own, kept, self.place.name)

    def _grant(self, wanted: Wanted, each: Running, where: editors.Laid) -> Grant:
        """What its box gives it: the work, and a way in; a way out where its owners let it."""
        memory = wanted.memory_MiB << 20
        editor, kept = editors.of(wanted.editor), where.kept
        environments = filter(None, (where.environment, where.own))
        own = str(where.set_.parent / _OWN)
        chosen = {"CUDA_VISIBLE_DEVICES": ",".join(each.cards)} if each.cards else {}
        return Grant(
            name=box.name_of(kept),
            reads=(*of_python(), *editor.reads(), *environments, str(where.set_)),
            writes=(*(str(kept / name) for name in (values.FILES, values.HOME)), own),
            devices=self._devices(wanted, each),
            connects=wanted.connects,
            terminals=True,
            folder=own,
            memory_bytes=memory and max(_LEAST_MEMORY, _FACTOR * memory),
            processes=values.TASKS,
            disk_bytes=_SHARED_BYTES,
            open_files=_OPEN_FILES,
            variables={
                **chosen,
                **dict(wanted.environment),
                **editor.variables(where, VARIABLES["PATH"]),
            },
        )

    def _devices(self, wanted: Wanted, each: Running) -> tuple[str, ...]:
        """The files of its cards; elsewhere those that there are where it comes to."""
        if self.keeper.elsewhere is not None:
            return CARDS if wanted.cards else ()
        return cards.device_files(devices(), each.cards) if each.cards else ()

    def _start(self, each: Running) -> None:
        folder = self.place.folder / each.folder
        argv = [*words(), "-I", "-S", str(values.PROGRAM), str(folder)]
        once = None
        if self.keeper.elsewhere is not None:
            argv, once = [*argv, ADDRESS, REST], Once(listens=True)
        self.keeper.add(each.program, argv, self.log(each), self.place.owner, once)

    def _clear(self) -> None:
        kept = self.live().values()
        named = {each.program for each in kept}
        start = f"{self.place.name}~"
        known = [name for name in self.keeper.names() if name.startswith(start)]
        if lost := [name for name in known if name.endswith(values.SUFFIX) and name not in named]:
            self.keeper.remove(*lost)
        for log in (self.place.folder / "logs").glob(f"*{values.SUFFIX}.log*"):
            if log.name.partition(".log")[0] not in named:
                log.unlink()
        folders = {self.place.folder / each.folder for each in kept}
        for folder in (self.place.folder / values.FOLDER).glob("*/*"):
            if folder not in folders:
                away(folder)


def _pins(lock: str, files: Path) -> tuple[str, ...]:
    """What an environment is made of; none where no lock is named."""
    return pins_in(files, lock) if lock else ()


def _goal(wanted: Wanted, files: Path) -> str:
    """What tells a notebook from any other; the module's files are the work's beginning alone."""
    asked = {**asdict(wanted), "port": 0, "fixed": (), "environments": {}, "idle_s": 0}
    if wanted.editor == values.JUPYTERLAB:
        del asked["editor"]  # as it was before there was another one
    lock = editors.of(wanted.editor).lock
    known = [asked, list(_pins(lock, files)), list(_pins(wanted.lock, files))]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
