"""When a deployment's time is over, and how a job ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from deepcat.catalog.values import Deployment
from deepcat.plan.digests import wish_digest
from deepcat.plan.training import TYPE
from deepcat.plan.values import State, Status, Wish

# The status of a training that was stopped by somebody; see `deepcat.host.job.once`.
HALTED = 143


def expired(wish: Wish, state: State | None, now: datetime | None) -> bool:
    """Whether what was applied has reached its end, and the wish was not changed since.

    A wish that was changed, say to a longer lifetime, is looked at anew.
    """
    if now is None or state is None or not state.expires:
        return False
    if state.wish_digest != wish_digest(wish.deployment):
        return False
    return instant(state.expires) <= now


def ended(state: State, at: str, exit_status: int) -> State:
    """A job that ran to its end: it takes no host any more, and its lifetime is over.

    Args:
        state: of the job while it ran.
        at: when it ended, ISO 8601.
        exit_status: 0 is well.
    """
    return replace(
        state,
        status=Status.FAILED if exit_status else Status.ENDED,
        ended=at,
        exit_status=exit_status,
        endpoints={},
        private=(),
        expires="",
    )


def with_end(state: State, tag: State | None) -> State:
    """What is known of a job, with its end where the owner tag on its host tells of one.

    Args:
        state: as recorded.
        tag: as the host tells it; None when there is none that can be read.
    """
    if not state.is_job or state.status is not Status.RUNNING:
        return state
    if tag is None or tag.run != state.run or tag.exit_status is None or not tag.has_ended:
        return state
    return ended(state, tag.ended, tag.exit_status)


def not_again(state: State) -> tuple[str, ...]:
    """Why a job that failed by itself is not run again; empty for any other."""
    if not state.has_ended or not state.exit_status:
        return ()
    is_training = any(each.get("type") == TYPE for each in state.nodes.values())
    if is_training and state.exit_status == HALTED:
        return ()  # by `deepcat stop`
    again = f"`deepcat destroy {state.name}` to try it again"
    if is_training:
        again = f"`deepcat resume {state.name}` or `deepcat retry {state.name}` to go on with it"
    when = f" at {state.ended}" if state.ended else ""
    return (
        f"the job ended with status {state.exit_status}{when}, and nothing was changed since",
        f"mend the module or the deployment, or run {again}",
    )


def most_tries(deployment: Deployment, why: str = "capacity") -> int | None:
    """How often a training may be begun again by itself; None where its wish does not say.

    Args:
        deployment: that wishes for it.
        why: ``capacity`` where its place was taken away, ``module`` where it failed by itself.
    """
    said = deployment.data.get("retries")
    most = said.get(why) if isinstance(said, Mapping) else None
    return most if isinstance(most, int) else None


def lost_too_often(wish: Wish, state: State | None, times: int) -> tuple[str, ...]:
    """Why a training whose place was taken away is not begun again; empty where it may.

    Another wish, or another module, may be tried anew.

    Args:
        wish: as it is now.
        state: what is known.
        times: in a row that its place was taken away.
    """
    most = most_tries(wish.deployment)
    if most is None or times <= most or state is None or not _is_same(wish, state):
        return ()
    often = "once" if times == 1 else f"{times} times in a row"
    return (
        f"its place was taken away {often}, and `retries.capacity` is {most}",
        f"raise it, or run `deepcat resume {state.name}`: it goes on from its last checkpoint",
    )


def starved_too_often(wish: Wish, state: State | None, times: int) -> tuple[str, ...]:
    """Why a training that was ended for want of memory is not begun again; empty where it may.

    Args:
        wish: as it is now.
        state: what is known.
        times: in a row that this was its end, and nobody could tell a status.
    """
    most = most_tries(wish.deployment, "module") or 0
    if times <= most or state is None or not _is_same(wish, state):
        return ()
    often = "" if times == 1 else f" {times} times in a row"
    return (
        f"it was ended{often} for want of memory, and nothing was changed since",
        "ask for more memory, or take smaller batches;"
        f" `deepcat resume {state.name}` or `deepcat retry {state.name}` tries it again",
    )


def _is_same(wish: Wish, state: State) -> bool:
    """Whether what failed without an end of its own is what is wished now."""
    same = (wish_digest(wish.deployment), wish.module.digest)
    is_lost = state.status is Status.FAILED and not state.has_ended
    return is_lost and (state.wish_digest, state.module_digest) == same


def instant(text: str) -> datetime:
    """An ISO 8601 instant; without a zone it is UTC.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
