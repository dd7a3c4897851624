"""EDGE of the host: what stands outside of a notebook's box.

``python -I -S keep.py FOLDER [ADDRESS PORT]``, where it is told at last where it listens.

It makes the token, begins the editor in its box and holds the door to it; it saves the work every
minute and before any stop, and stops what nobody uses, or whose time has come, whether or not
anybody who could ask for it is heard. It stays when the editor was stopped, and begins it again
when it is asked to; where the machine is somebody's only for a time, it leaves then.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host import cards
from deepcat.host.awaited import within
from deepcat.host.notebook import box, editors, saving, values, wishes
from deepcat.host.notebook.ends import Bounds, last_use
from deepcat.host.place import read_json, write_json

SAVES_S = 60.0
_LOOK_S, _USE_S, _GRACE_S = 0.3, 5.0, 8.0
# The program that tells who computes takes about a second for it.
_CARDS_S = 20.0
# Whoever is in the box is not heard more often, and proposes no more often.
_HEARS_S, _PROPOSES_S = 3.0, 30.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Keep:
    """One notebook.

    Args:
        folder: its own.
        listens: its address and its port; those of its file where it is told none.

    Attributes:
        has_terminals: whether the editor has any, which takes a shell.
    """

    has_terminals = True

    def __init__(self, folder: Path, listens: Sequence[str] = ()) -> None:
        self._folder = folder
        self._told: Mapping[str, Any] = read_json(folder / values.FILE)
        self._kept = Path(self._told["kept"])
        self._own = Path(self._told["own"])
        self._editor = editors.of(str(self._told.get("editor") or ""))
        prefix = self._told["prefix"]
        self._door = self._editor.door(self._own, self._told["words"], prefix)
        self._at = (listens[0], int(listens[1])) if listens else self._listens()
        self._leaves = time.time() + self._told["lasts_s"] if self._told["lasts_s"] else 0.0
        self._token = ""
        self._process: asyncio.subprocess.Process | None = None
        self._over = asyncio.Event()
        self._asking: asyncio.Future[bool] | None = None
        self._used = time.time()
        self._heard = self._wished = self._asked = 0.0
        self._said: Mapping[str, Any] = {}
        self._now: dict[str, Any] = read_json(folder / values.NOW)
        self._bounds = self._asked_bounds()

    async def run(self) -> int:
        """Keep it until somebody ends it; gives the exit status."""
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._over.set)
        server = await self._door.listen(*self._at)
        try:
            if self._now.get("state") != values.STOPPED:
                await self._begin()
            while not self._over.is_set():
                if self._process is None and self._told["leaves"]:
                    return 0
                if self._process is not None and self._process.returncode is not None:
                    status = self._process.returncode
                    await self._save()
                    return status or 1  # its keeper begins both anew
                await self._heed()
                await self._grant()
                await self._look()
                with suppress(asyncio.TimeoutError):
                    await within(self._over.wait(), _LOOK_S)
            why = self._bounds.why(time.time()) or "its job was ended"
            await self._stop(why if self._told["leaves"] else "")
            return 0
        finally:
            server.close()

    def _listens(self) -> tuple[str, int]:
        return str(self._told["address"]), int(self._told["port"])

    async def _begin(self) -> None:
        self._token = self._door.token = self._admits()
        (self._own / values.SOCKET).unlink(missing_ok=True)
        self._used = time.time()
        editor = self._told.get("editor") or values.JUPYTERLAB
        begun = {"state": values.RUNS, "since": self._used, "editor": editor}
        self._note(**begun, why="", answers=False, warned=False)
        await self._save()  # what it begins with
        self._process = await asyncio.create_subprocess_exec(
            *self._told["argv"],
            stdin=asyncio.subprocess.DEVNULL,
            env=self._environment(),
        )

    def _admits(self) -> str:
        """The token of this start, once there is a box for it."""
        if self._told["leaves"] and (why := box.lacks(unboxed=self._told["unboxed"])):
            raise SystemExit(f"this host gives no box for a notebook: {why}")
        token = secrets.token_urlsafe(32)
        _write_secret(self._folder / values.TOKEN, token)
        return token

    def _environment(self) -> dict[str, str]:
        """What the editor is begun with."""
        return {**os.environ, **self._editor.given(self._token)}

    async def _stop(self, why: str = "") -> None:
        """Save the work, and end the editor."""
        process, self._process = self._process, None
        if process is None:
            return
        self._door.token = ""
        await self._save()
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await within(process.wait(), _GRACE_S)
        except asyncio.TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        (self._folder / values.TOKEN).unlink(missing_ok=True)
        (self._own / values.SOCKET).unlink(missing_ok=True)
        if why:
            await self._save()
            left = bool(self._told["leaves"])
            self._note(state=values.STOPPED, since=time.time(), why=why, stops_at=0, left=left)

    async def _heed(self) -> None:
        """Do what somebody asked for."""
        asked = read_json(self._folder / values.ASKED)
        number = asked.get("number")
        if not number or number == self._now.get("done"):
            return
        self._bounds = self._asked_bounds()
        act = asked.get("act")
        if act == "start" and self._process is None:
            await self._begin()
        elif act == "stop":
            await self._stop("somebody asked for it")
        elif act in ("save", values.KEEP):
            await self._save()
        if act not in (values.TOLD_OF, values.KEEP):
            self._used = time.time()
        self._note(done=number, **(self._when(time.time()) if self._process else {}))

    async def _grant(self) -> None:
        """Do what somebody wished for in JupyterLab."""
        now = time.time()
        if self._process is None or now - self._heard < _HEARS_S:
            return
        wish = wishes.wish_in(self._own)
        if wish is None or wish.number == self._now.get("heard"):
            return
        if wish.act == wishes.SAVE and now - self._wished < _PROPOSES_S:
            return
        self._heard = now
        if wish.act == wishes.STAY:
            self._used = now
        else:
            self._wished = now
            await self._save()
            self._note(wish={"number": wish.number, "message": wish.message})
        self._note(heard=wish.number, **self._when(now))

    async def _look(self) -> None:
        """Save when it is time to; stop when nobody uses it, or its time has come."""
        now = time.time()
        if self._process is None:
            return
        pause_s = min(_USE_S, self._bounds.idle_s or _USE_S) if self._now.get("answers") else 0
        if now - float(self._now.get("looked") or 0) >= pause_s:
            await self._see(now)
        if now - float(self._now.get("tried") or 0) >= SAVES_S:
            await self._save()
        at = self._bounds.stops_at(self._used)
        if at and now >= at:
            await self._grant()  # a save may have taken long
            why = self._bounds.why(now)
            unused = self._now.get("answers") and now >= self._bounds.stops_at(self._used)
            if why or unused:
                await self._stop(why or "nobody used it")

    async def _see(self, now: float) -> None:
        """Whether somebody uses it, and until when it may run so."""
        self._bounds = self._asked_bounds()
        answers, use = bool(self._now.get("answers")), editors.Use()
        with suppress(OSError, asyncio.TimeoutError):
            use = await self._used_now()
            self._used = self._used if answers else now  # nobody could use it before
            answers = True
        computes = self._computes(now) or use.busy
        known = max(self._used, use.left)
        self._used = last_use(known, now, use.kernels, use.terminals, computes=computes)
        when = self._when(now)
        if when["warned"] and not self._now.get("warned"):
            left = max(0, when["stops_at"] - now)
            print(f"stops in {left:.0f} s: nobody uses it, or its time is over", flush=True)
        self._note(looked=now, used=self._used, answers=answers, **when)

    async def _used_now(self) -> editors.Use:
        root = self._process.pid if self._process is not None else 0
        prefix, has_terminals = self._told["prefix"], self.has_terminals
        return await self._editor.use(self._door, prefix, root, has_terminals=has_terminals)

    def _computes(self, now: float) -> bool:
        """Whether something in it computed on a graphics card when that was asked last.

        It is asked beside all else, for a driver that hangs keeps nothing from being saved.
        """
        asking = self._asking
        if asking is not None and not asking.done():
            return False
        self._asking = None
        pause_s = min(_CARDS_S, self._bounds.idle_s / 4 or _CARDS_S)
        if self._process is not None and now - self._asked >= pause_s:
            self._asked = now
            look = asyncio.to_thread(cards.used_below, self._process.pid)
            self._asking = asyncio.ensure_future(look)
        return asking is not None and asking.result()

    def _when(self, now: float) -> dict[str, Any]:
        """When it stops as things are, what ends it then, and whether that is soon."""
        at, warns = self._bounds.stops_at(self._used), self._bounds.warns_at(self._used)
        warned = bool(at) and now >= warns
        return {"stops_at": at, "reason": self._bounds.reason(self._used), "warned": warned}

    async def _save(self) -> None:
        """Save the work; what keeps it from being saved is told, and tried again."""
        self._note(tried=time.time())
        try:
            told = await asyncio.to_thread(self._saved)
        except (OSError, ValueError) as error:
            print(f"the work is not saved: {error}", flush=True)
            self._note(failed=str(error)[:300])
            return
        if told["changed"]:
            self._used = max(self._used, time.time() - SAVES_S)
        self._note(saved=time.time(), failed="")

    def _saved(self) -> Mapping[str, Any]:
        """Save the work; gives what is told of it, ``changed`` among that.

        Raises:
            OSError: it cannot be saved, and why.
        """
        return saving.save(self._kept, str(self._told["deployment"]))

    def _asked_bounds(self) -> Bounds:
        asked = read_json(self._folder / values.ASKED)
        told = read_json(self._folder / values.FILE)
        idle = asked.get("idle_s", told.get("idle_s") or 0)
        return Bounds(float(idle or 0), float(asked.get("until") or 0), self._leaves)

    def _note(self, **more: Any) -> None:
        self._now = {**self._now, **more}
        with suppress(OSError):  # a full disk is told of when the work is saved
            write_json(self._folder / values.NOW, self._now)
        asked = read_json(self._folder / values.ASKED)
        said = wishes.told(self._now, asked)
        if said != self._said:
            wishes.tell(self._folder / values.SET, said)
            self._said = said


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)


async def _main(words: Sequence[str]) -> int:
    return await Keep(Path(words[0]), words[1:]).run()


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(sys.argv[1:])))
