"""A place to develop, asked of its host: by which token, what is known of it, and what it shall do.

What its record says of the host is not believed: where it lies is asked of the kind of cloud. The
token is read there when somebody asks for it, and kept nowhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.host.notebook.values import JUPYTERLAB, PAGES, TOLD_OF

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.clouds.developing import Desk
    from deepcat.plan.values import State

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}\Z")
_PAUSE_S, _PATIENCE_S = 0.3, 120.0
# What was asked holds until something else is asked.
_KEPT = ("idle_s", "until", "wish", "address", "failed")


@dataclass(frozen=True, slots=True)
class Now:
    """What is known of a notebook.

    Attributes:
        state: ``runs`` or ``stopped``.
        answers: whether its editor answers.
        why: it was stopped; else empty.
        stops_at: when it stops if nobody uses it, seconds since 1970; 0 for never.
        reason: what ends it then: ``idle``, ``until`` or ``job``; empty for nothing.
        warned: whether that is soon.
        saved: when the work was saved last, seconds since 1970; 0 for never.
        failed: why it could not be saved the last time; else empty.
        done: the number of what was asked last, and is done.
        left: whether it stopped and holds no machine meanwhile, so that nobody there hears.
        wish: number and words of the last wish for a proposal; without a number for none.
        editor: that is worked in, one of `PAGES`.
    """

    state: str
    answers: bool
    why: str
    stops_at: float
    reason: str
    warned: bool
    saved: float
    failed: str
    done: str
    left: bool
    wish: tuple[str, str]
    editor: str = JUPYTERLAB

    @property
    def page(self) -> str:
        """What of its address somebody opens."""
        return PAGES[self.editor]

    @property
    def runs(self) -> bool:
        """Whether somebody can work there."""
        return self.state == "runs"


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook on its host.

    Attributes:
        name: of its deployment.
        module: that is developed.
        commit: that it was brought up from; empty where files lay otherwise.
        desk: how it is asked, where it lies.
        outlived: whether the work lies where its deployment goes and it stays; else it goes, too.
    """

    name: str
    module: str
    commit: str
    desk: Desk
    outlived: bool = True

    @property
    def kept(self) -> str:
        """Where the work lies."""
        return self.desk.kept

    def now(self) -> Now:
        """What is known of it."""
        found = self.desk.now()
        return Now(
            str(found.get("state") or "runs"),
            bool(found.get("answers")),
            str(found.get("why") or ""),
            _number(found.get("stops_at")),
            str(found.get("reason") or ""),
            bool(found.get("warned")),
            _number(found.get("saved")),
            str(found.get("failed") or ""),
            str(found.get("done") or ""),
            bool(found.get("left")),
            _wish(found.get("wish")),
            _editor(found.get("editor")),
        )

    def wish(self, now: Now) -> tuple[str, str] | None:
        """What somebody wished for in JupyterLab and was not told of: its number, its words."""
        if not now.wish[0]:
            return None
        known = self.desk.asked().get("wish")
        return None if known == now.wish[0] else now.wish

    def answer(self, wish: str, address: str, failed: str) -> None:
        """Tell in JupyterLab what became of a wish.

        Args:
            wish: its number.
            address: of the proposal; empty where there is none.
            failed: why there is none; else empty.
        """
        said = {"wish": wish, "address": address, "failed": failed[:300]}
        self._write(TOLD_OF, said)

    def token(self) -> str:
        """By which somebody is let in.

        Raises:
            DeepcatError: there is none, as where it is stopped (``develop/token``).
        """
        found = self.desk.token().strip()
        if not _TOKEN.match(found):
            hint = f"start it with `deepcat develop {self.name}`"
            raise DeepcatError(
                f"`{self.name}` has no token: it is stopped", hint=hint, code="develop/token"
            )
        return found

    def ask(self, act: str, bounds: Mapping[str, Any] | None = None) -> Now:
        """Ask it for something, and wait until that is done.

        Args:
            act: ``start``, ``stop``, ``save``, ``keep`` to save what nobody uses, or nothing.
            bounds: ``idle_s`` and ``until``, as they hold from now on.

        Raises:
            DeepcatError: it does not heed it (``develop/host``), or cannot be started where it has
                left its machine.
        """
        left = self.now().left
        number = self._write("" if left else act, bounds)
        until = time.monotonic() + _PATIENCE_S
        while number and time.monotonic() < until:
            if (now := self.now()).left:
                return self._started() if act == "start" else now
            if now.done == number:
                return now
            time.sleep(_PAUSE_S)
        message = f"`{self.name}` does not heed what it is asked: its keeper is gone"
        hint = f"run `deepcat apply {self.name}`"
        raise DeepcatError(message, hint=hint, code="develop/host")

    def _write(self, act: str, bounds: Mapping[str, Any] | None) -> str:
        """Write down what is asked; gives its number, or nothing where that is not done."""
        before = {k: v for k, v in self.desk.asked().items() if k in _KEPT}
        number = str(time.time_ns())
        asked = {**before, **(bounds or {}), "number": number, "act": act}
        return number if self.desk.write(asked) else ""

    def _started(self) -> Now:
        """Start it again where it has left its machine.

        Raises:
            DeepcatError: it waits too long for one, or does not answer.
        """
        self.desk.start()
        return self.now()

    def until_it_answers(self) -> Now:
        """What is known of it once its editor answers.

        Raises:
            DeepcatError: it does not (``develop/host``).
        """
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            now = self.now()
            if now.answers or not now.runs:
                return now
            time.sleep(_PAUSE_S)
        message = f"the editor of `{self.name}` does not answer"
        hint = f"see `deepcat logs {self.name}`"
        raise DeepcatError(message, hint=hint, code="develop/host")

    def told(self) -> Mapping[str, Any]:
        """What was saved last, and what was left out."""
        return self.desk.told()

    def bundle(self) -> bytes:
        """The work as it was saved last, and what it began with, as a bundle of Git's.

        Raises:
            DeepcatError: there is none (``develop/work``).
        """
        return self.desk.bundle()

    def discard(self) -> None:
        """Delete the work for ever."""
        self.desk.discard()


def notebook_on(root: Path, cloud: Cloud, state: State) -> Notebook | None:
    """A deployment's notebook on its cloud; None where there is none.

    Args:
        root: the catalog's folder.
        cloud: where it runs.
        state: what is known of it.

    Raises:
        DeepcatError: its host is not reached, or there is no such host, or what it knows of what it
            runs cannot be read (``develop/host``).
    """
    from deepcat.clouds.developing import Developing
    from deepcat.clouds.kind import Making
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of
    from deepcat.loop.host_desk import desk_on

    kind = kind_of(cloud)
    with answering(cloud):
        if isinstance(kind, Developing):
            found = kind.desk(cloud, means(root), state.name, state.shape)
        else:
            reach = kind.reach(cloud, means(root), state.name, state.shape)
            found = desk_on(root, reach, state.name)
    if found is None:
        return None
    known = (state.name, state.module, state.module_commit or state.commit, found)
    return Notebook(*known, outlived=not isinstance(kind, (Making, Developing)))


def _wish(told: Any) -> tuple[str, str]:
    """What a host says of a wish, in words of no more than a line."""
    found = told if isinstance(told, dict) else {}
    number, message = str(found.get("number") or "")[:40], str(found.get("message") or "")
    return (number, "".join(c for c in message if c.isprintable())[:120])


def _editor(told: Any) -> str:
    """What a host says it runs; JupyterLab where that is none that is known."""
    return told if isinstance(told, str) and told in PAGES else JUPYTERLAB


def _number(value: Any) -> float:
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if known else 0.0
