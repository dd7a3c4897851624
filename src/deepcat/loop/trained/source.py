"""A training that ended: how it came to be, and what it made, brought here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.loop.trained.values import Provenance
from deepcat.records.trainings import ENDED, REPRODUCED, Training, upload_of

if TYPE_CHECKING:
    from deepcat.records.record import Record


def require_ended(training: Training) -> Training:
    """The training again.

    Raises:
        DeepcatError: it has not ended well (``job/exit``).
    """
    if training.state != ENDED or training.exit_status not in (0, None):
        status = "" if training.exit_status is None else f", with status {training.exit_status}"
        raise DeepcatError(
            f"the training {training.training} of `{training.deployment}` is {training.state}"
            f"{status}",
            hint=f"see `deepcat logs {training.deployment}`",
            code="job/exit",
        )
    return training


def require_its_own(training: Training) -> None:
    """Hold that a training is none that repeats another one.

    Raises:
        DeepcatError: it was made to be compared (``propose/repeated``).
    """
    if training.by == REPRODUCED:
        raise DeepcatError(
            f"the training {training.training} repeats another one, and is proposed to nobody",
            hint="`deepcat train` makes one that can be proposed",
            code="propose/repeated",
        )


def provenance(training: Training, currency: str) -> Provenance:
    """How a training came to be, as its record tells."""
    return Provenance(
        id=training.training,
        deployment=training.deployment,
        module=training.module,
        version=training.version,
        commit=training.commit,
        inputs=dict(training.inputs),
        seed=training.seed,
        begins_from=training.begins_from,
        lock=training.lock,
        cloud=training.cloud,
        shape=training.shape,
        ended=training.ended,
        attempts=training.attempt,
        duration_s=round(training.seconds, 1) or None,
        cost=training.cost or None,
        currency=currency,
        hardware=dict(training.hardware),
        data=dict(training.data),
        energy=dict(training.energy),
        uploaded=str(upload_of(training).get("address") or ""),
        began=next((str(each.get("began") or "") for each in training.attempts), training.began),
    )


@contextmanager
def brought(root: Path, record: Record | None, training: Training) -> Iterator[Path]:
    """A copy of what a training made, which is gone at the end.

    Args:
        root: the catalog's folder.
        record: of its deployment, as it holds now; None where it is gone.
        training: that ended.

    Raises:
        DeepcatError: it lies where it cannot be brought from (``job/elsewhere``), or what is there
            is not what was made (``job/bad-output``).
    """
    from deepcat.catalog.load import load_clouds
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.clouds.kind import Collecting
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of
    from deepcat.host.failure import StepError
    from deepcat.loop.away import away
    from deepcat.loop.trained.output import bad
    from deepcat.records.lease import Holder

    state = record.state if record else None
    if state is None or record is None or state.run != training.run:
        words = f"`{training.deployment}` does not hold the training {training.training} any more"
        raise _elsewhere(words, "train it again")
    cloud = load_clouds(work_tree(root)).get(state.cloud)
    if cloud is None:
        raise _elsewhere(f"the cloud `{state.cloud}` is not in the catalog", "bring its file back")
    if (where := away(root, record, {cloud.name: cloud})) is not None:
        raise _elsewhere(f"it lies {where.words}", f"run `{where.command('propose')}` there")
    with answering(cloud), tempfile.TemporaryDirectory(prefix="deepcat-brought-") as name:
        kind = kind_of(cloud)
        if not isinstance(kind, Collecting):
            raise _elsewhere(
                f"clouds of the kind `{cloud.kind}` do not hand on what a training made",
                "bring the new version by hand",
            )
        asks = replace(means(root), holder=str(Holder.me()))
        given = (cloud, state.name, state.shape, state.resources, asks)
        try:
            kind.bring(*given, training.node, Path(name))
        except StepError as error:
            if error.kind != "module":  # another time it may be had
                raise DeepcatError(error.message, hint=error.hint, code=error.code) from None
            raise bad(error.message) from None
        yield Path(name)


def _elsewhere(why: str, hint: str) -> DeepcatError:
    return DeepcatError(
        f"what the training made cannot be brought here: {why}", hint=hint, code="job/elsewhere"
    )
