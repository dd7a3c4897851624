"""The machines of deployments, on clouds whose kind makes one for each: before its plays, after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Making
from deepcat.clouds.offers import Offer
from deepcat.clouds.registry import answering
from deepcat.clouds.resting import Resting
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.plan.values import Action, State
from deepcat.runs import state as states
from deepcat.runs.events import HostResult
from deepcat.runs.setting import FailedError, Setting
from deepcat.runs.values import Event, Job

_MAKES, _TAKES_AWAY = "make its machine", "take its machine away"
_PUTS_ASIDE = "put its machine aside"
_MOST_AT_ONCE = 32


class Machines:
    """Those of one call; on a cloud of another kind there are none, and nothing happens.

    Args:
        setting: where the call is made.
        watch: called with what happens.

    Attributes:
        tried: deployment -> the state that its change leads to, of those that needed one.
    """

    def __init__(self, setting: Setting, watch: Callable[[Event], None]) -> None:
        self._setting, self._watch = setting, watch
        self._made: set[str] = set()
        self.tried: dict[str, State] = {}

    @property
    def _kind(self) -> Making | None:
        try:
            kind = self._setting.kind
        except FailedError:  # who asks for more than machines is told
            return None
        return kind if isinstance(kind, Making) else None

    @property
    def are_made(self) -> bool:
        """Whether the cloud's kind makes them."""
        return self._kind is not None

    def make(self, tries: Sequence[tuple[Job, Offer | None]]) -> dict[str, Failure]:
        """Make those that changes need, side by side; gives why there is none, by deployment."""
        wanted = [(job, offer) for job, offer in tries if not _goes(job)]
        if not wanted or not self.are_made:
            return {}
        with ThreadPoolExecutor(min(len(wanted), _MOST_AT_ONCE)) as pool:
            found = pool.map(lambda each: self._make(*each), wanted)
            return {job.name: why for (job, _), why in zip(wanted, found, strict=True) if why}

    def _make(self, job: Job, offer: Offer | None) -> Failure | None:
        setting, kind = self._setting, self._kind
        assert kind is not None  # noqa: S101 - the caller looked
        ground = setting.ground
        tried = states.intended(job, offer, setting.run, ground.commit, datetime.now(UTC))
        tried = self.tried[job.name] = replace(tried, catalog=setting.means.catalog)
        cloud = ground.clouds[setting.cloud]
        try:
            with self._told(job.name, _MAKES), answering(cloud):
                if kind.make(cloud, setting.means, job.name, job.shape(offer), states.tag(tried)):
                    self._made.add(job.name)
        except FailedError as error:
            return error.failure
        return None

    def after(self, job: Job, shape: str, result: HostResult) -> HostResult:
        """What came of a change, once a machine that it leaves to nobody is taken away.

        What goes, goes with its machine, whether that still answered or not.
        """
        if not self.are_made:
            return result
        before = job.before
        if _goes(job):
            left = self.unmake(job.name, before.shape if before else shape)
            if result.failure and not left:
                result.notes.append(f"its machine went as it was: {result.failure.message}")
            result.failure = left
            return result
        # Of one that had a machine before, what outlives machines may be in use since then.
        keeps = before is not None
        gone = [(job.name, shape, keeps)] if result.failure and self._is_empty(job, result) else []
        old = job.change.renamed_from
        if old and before and before.cloud == self._setting.cloud and not result.failure:
            gone.append((old, before.shape, False))
        for name, its, stays in gone:
            if left := self.unmake(name, its, keeps=stays):
                result.left.append(left)
        return result

    def _is_empty(self, job: Job, result: HostResult) -> bool:
        """Whether nothing is on a deployment's machine that ran, or was worked on, before this."""
        if job.before is not None and job.before.profile == "develop":
            return job.name in self._made
        return job.name in self._made or result.found.get("left") is False

    def unmake(self, name: str, shape: str, *, keeps: bool = False) -> Failure | None:
        """Take one away with all that was made for it; gives why something is left.

        Args:
            name: of its deployment.
            shape: that it was given.
            keeps: whether what outlives machines stays.
        """
        setting, kind = self._setting, self._kind
        if kind is None:
            return None
        cloud = setting.ground.clouds[setting.cloud]
        try:
            with self._told(name, _TAKES_AWAY), answering(cloud):
                kind.unmake(cloud, setting.means, name, shape, keeps=keeps)
        except FailedError as error:
            return error.failure
        self._made.discard(name)
        return None

    def rest(self, name: str, shape: str) -> Failure | None:
        """Put one aside; gives why it is not."""
        setting = self._setting
        kind: object = self._kind
        if not isinstance(kind, Resting):
            words = f"machines of `{setting.cloud}` are not put aside"
            return Failure(FailureKind.CLOUD, "run/gone", words, "", setting.cloud, _PUTS_ASIDE)
        cloud = setting.ground.clouds[setting.cloud]
        try:
            with self._told(name, _PUTS_ASIDE), answering(cloud):
                kind.rest(cloud, setting.means, name, shape)
        except FailedError as error:
            return error.failure
        return None

    @contextmanager
    def _told(self, name: str, step: str) -> Iterator[None]:
        """A step that is watched; what it raises has a type then.

        Raises:
            FailedError: it failed.
        """
        self._watch(Event("start", name, step))
        ok = False
        try:
            yield
            ok = True
        except StepError as error:
            kind = FailureKind(error.kind)
            own = Failure(kind, error.code, error.message, error.hint, self._setting.cloud, step)
            raise FailedError(own) from None
        except DeepcatError as error:
            is_ours = error.code.startswith("secret/")  # the cloud's, which no other one asks for
            code = "run/credentials" if is_ours else error.code
            kind = FailureKind.AUTH if is_ours else FailureKind.CLOUD
            own = Failure(kind, code, error.message, error.hint or "", self._setting.cloud, step)
            raise FailedError(own) from None
        finally:
            self._watch(Event("end", name, step, ok=ok))


def _goes(job: Job) -> bool:
    return job.wish is None or job.change.action is Action.DELETE
