"""A notebook on a cluster as whoever works there asks it: its pod, or its job where that stopped.

A pod that nobody used is over, and its work lies on the claim: whoever wants the work is handed it
by another pod, which does nothing else.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import names, notebook_wanted, notebook_work, notebooks
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.notebook_asked import Asking, token
from deepcat.clouds.kinds.kubernetes.notebooks import CLAIM
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.notebooks import again
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError

_LOOK_S, _PATIENCE_S, _ENDS_S = 0.5, 180.0, 30.0


class PodDesk:
    """See `deepcat.clouds.developing.Desk`.

    Args:
        cloud: where.
        means: what may be used.
        deployment: its name.
        node: its node's name.
        program: of its job, as a run has noted it.
    """

    def __init__(
        self, cloud: Cloud, means: Means, deployment: str, node: str, program: str
    ) -> None:
        self._cloud, self._means, self._name = cloud, means, deployment
        self._program = program
        head = names.server_name(means.catalog, deployment, node)
        self._claim = notebook_wanted.claim_name(head)
        self._secret = notebook_wanted.secret_name(head)
        self._bounds: dict[str, Any] = {}
        self._shown = ""
        self._left: Mapping[str, Any] = {}

    @property
    def kept(self) -> str:
        """The claim that keeps the work."""
        return f"the claim {self._claim} of {self._cloud.name}"

    def now(self) -> Mapping[str, Any]:
        """What is known of it."""
        with asking(self._cloud, self._means, self._name) as held:
            until = time.monotonic() + _ENDS_S
            while (found := self._now(held)).get("state") == "stopped" and not found.get("over"):
                if time.monotonic() > until:  # it says so itself, and its pod has not ended yet
                    return {**found, "left": False}
                time.sleep(_LOOK_S)
            return found

    def _now(self, held: Held) -> Mapping[str, Any]:
        there = held.found("Job", self._program)
        pods = notebooks.pods_of(held, self._program)
        ended = {"state": "stopped", "left": True, "over": True}
        if not there:
            return {**ended, "why": "its job is gone"}
        if notebooks.is_over(there):
            return {**_said(notebooks.last_words(pods)), **ended}
        told = self._pod(held, pods)
        found = told.now() if told else {}
        if not found:  # somebody else may have started it again
            self._shown = ""
        return found.get("now") or {"state": "runs"}

    def asked(self) -> Mapping[str, Any]:
        """What was asked of it last."""
        with asking(self._cloud, self._means, self._name) as held:
            told = self._pod(held, notebooks.pods_of(held, self._program))
            return ((told.now() if told else {}).get("asked") or {}) | self._bounds

    def token(self) -> str:
        """By which somebody is let in; empty where it is stopped."""
        with asking(self._cloud, self._means, self._name) as held:
            there = held.found("Job", self._program)
            is_stopped = not there or notebooks.is_over(there)
            return "" if is_stopped else token(held.cluster, self._secret)

    def write(self, asked: Mapping[str, Any]) -> bool:
        """Write down what is asked; where it is stopped it is told once it was started."""
        with asking(self._cloud, self._means, self._name) as held:
            told = self._pod(held, notebooks.pods_of(held, self._program))
            if told is not None and told.ask(asked):
                return True
            there = held.found("Job", self._program)
            self._bounds = dict(asked)
            return not there or notebooks.is_over(there)

    def start(self) -> None:
        """Start it again where it was stopped.

        Raises:
            DeepcatError: no pod of it begins, or the cluster does not do it.
        """
        with asking(self._cloud, self._means, self._name) as held:
            there = held.found("Job", self._program)
            if not there:
                hint = f"run `deepcat apply {self._name}`"
                raise StepError("cloud", "run/lost", "the notebook's job is gone", hint)
            if notebooks.is_over(there):
                self._begin(held, there)
            told = self._running(held, self._program)
            if self._bounds:
                told.ask({**self._bounds, "act": ""})
                self._bounds = {}

    def _begin(self, held: Held, there: Object) -> None:
        """Put the same job there once more, with another token."""
        for each in held.each("Job"):  # they have the claim, on another node perhaps
            name = str(each["metadata"]["name"])
            if name.startswith(self._readers):
                held.remove("Job", name)
        self._take_away(held, self._program)
        labels = names.labels(held.catalog, held.name)
        notebooks.give_token(held.cluster, self._secret, labels)
        self._shown = ""
        held.create(again(there))

    @property
    def _readers(self) -> str:
        """As the names of jobs begin that hand the work out and do nothing else."""
        return f"{self._program}-reads"

    def _take_away(self, held: Held, job: str) -> None:
        held.remove("Job", job)
        until = time.monotonic() + _PATIENCE_S
        while held.found("Job", job) and time.monotonic() < until:
            time.sleep(_LOOK_S)

    def told(self) -> Mapping[str, Any]:
        """What was saved last, and what was left out."""
        return self._left

    def bundle(self) -> bytes:
        """The work and what it began with, as a bundle of Git's.

        Raises:
            DeepcatError: there is none (``develop/work``), or it cannot be had.
        """
        with asking(self._cloud, self._means, self._name) as held, self._hands(held) as told:
            found, self._left = notebook_work.saved(told, self._name)
            return found

    def discard(self) -> None:
        """Delete the work for ever, where its deployment has not taken it along."""
        with asking(self._cloud, self._means, self._name) as held:
            held.remove(CLAIM, self._claim)

    @contextmanager
    def _hands(self, held: Held) -> Iterator[Asking]:
        """What hands the work out: its pod, or one for that alone where it is stopped."""
        there = held.found("Job", self._program)
        if told := self._pod(held, notebooks.pods_of(held, self._program)):
            yield told
            return
        if not there:
            hint = f"run `deepcat apply {self._name}`"
            raise StepError("cloud", "run/lost", "the notebook's job is gone", hint)
        if not notebooks.is_over(there):  # it begins just now
            yield self._running(held, self._program)
            return
        name = f"{self._readers}{secrets.token_hex(2)}"  # each has its own, and ends no other's
        held.create(again(there, name, reads=True))
        try:
            yield self._running(held, name)
        finally:
            held.remove("Job", name)

    def _pod(self, held: Held, pods: list[Object]) -> Asking | None:
        pod = notebooks.running(pods)
        if pod is None:
            return None
        self._shown = self._shown or token(held.cluster, self._secret)
        return Asking(held.cluster, pod, self._shown)

    def _running(self, held: Held, program: str) -> Asking:
        """What keeps it, once its pod runs and answers."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            told = self._pod(held, notebooks.pods_of(held, program))
            if told is not None and told.now():
                return told
            time.sleep(_LOOK_S)
        message = f"no pod of `{self._name}` begins within {_PATIENCE_S:.0f} s"
        raise StepError("capacity", "run/waits", message, f"see `deepcat logs {self._name}`")


def desk(cloud: Cloud, means: Means, deployment: str) -> PodDesk | None:
    """A deployment's notebook; None where there is none.

    Raises:
        DeepcatError: the cluster cannot be asked, somebody changed what is noted, or what is noted
            is gone while the work is there (``develop/work``).
    """
    with asking(cloud, means, deployment) as held:
        if not held.owner and (claims := held.each(CLAIM)):
            named = ", ".join(sorted(str(each["metadata"]["name"]) for each in claims))
            message = f"its owner tag is gone, and the work lies on the claim {named}"
            raise StepError("cloud", "develop/work", message, f"run `deepcat apply {deployment}`")
        for node, noted in notebooks.each_of(held):
            return PodDesk(cloud, means, deployment, node, str(noted["program"]))
    return None


@contextmanager
def asking(cloud: Cloud, means: Means, deployment: str) -> Iterator[Held]:
    """A deployment on its cluster, as it is noted now.

    Raises:
        DeepcatError: it is not told, or not done.
    """
    cluster = Cluster(cloud, means)
    try:
        held = Held(cluster, means.catalog, deployment)
        held.read()
        yield held
    except (RefusedError, StepError) as error:
        raise DeepcatError(error.message, hint=error.hint, code=error.code) from None
    finally:
        cluster.close()


def _said(words: str) -> dict[str, Any]:
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
