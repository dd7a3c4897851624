"""Trainings as their hosts tell of them now, and written down when something has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.loop.asked import asked_by
from deepcat.plan.trial import METRIC, SWEEP
from deepcat.records.curves import Curves, curves_of
from deepcat.records.energy import rates_of
from deepcat.records.shape import is_training
from deepcat.records.told_trainings import instant_of, is_due, late, told
from deepcat.records.trainings import STOPPED, Training, best

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Cloud
    from deepcat.plan.values import State
    from deepcat.records.record import Record
    from deepcat.records.store import Store

_TYPE = "deepcat.nodes.TrainingJob"


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at all trainings.

    Attributes:
        trainings: as they hold now, by id: those that are known, and what hosts tell.
        curves: of those that hosts told of now, by id.
        untold: deployment -> why its host could not tell.
    """

    trainings: Mapping[str, Training]
    curves: Mapping[str, Curves] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)

    def of(self, deployment: str, run: str = "") -> tuple[Training, ...]:
        """The trainings of a deployment, the newest first; of one run where that is named."""
        own = (each for each in self.trainings.values() if each.deployment == deployment)
        named = [each for each in own if not run or each.run == run]
        return tuple(sorted(named, key=lambda each: (each.began, each.updated), reverse=True))


def look(
    root: Path,
    records: Mapping[str, Record],
    known: Mapping[str, Training],
    clouds: Mapping[str, Cloud] | None = None,
) -> Seen:
    """Ask where trainings run how they go; what has ended and is known so is not asked again.

    Args:
        root: the catalog's folder.
        records: as they hold now, by name.
        known: trainings by id, as they are recorded.
        clouds: of the catalog, by name; read when None, and when something is to be asked.
    """
    asked = [each for each in records.values() if _may_tell(each, known)]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    found, curves, untold = dict(known), dict[str, Curves](), dict[str, str]()
    if asked:
        given = _clouds(root) if clouds is None else clouds
        settings = _settings(root)
        for record in asked:
            place = given[record.state.cloud].data if record.state.cloud in given else {}
            rates = rates_of(place, settings)
            try:
                for each in _gathered(root, record, given):
                    before = found.get(str(each["training"]))
                    after = told(_base(root, record, before, each), each, now, rates)
                    if before is None or _is_later(after, before):
                        found[after.training] = after
                        curves[after.training] = curves_of(each)
            except (DeepcatError, StepError) as error:
                untold[record.name] = str(error)
    found |= _taken_down(found, records, untold, now)
    return Seen(found, curves, untold)


def follow(
    root: Path,
    store: Store,
    records: Mapping[str, Record],
    clouds: Mapping[str, Cloud] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Seen:
    """Look, and write down what has changed.

    Args:
        root: the catalog's folder.
        store: the records.
        records: as they hold now, by name.
        clouds: of the catalog, by name.
        say: hears what has changed, a line each.

    Raises:
        DeepcatError: the records cannot be written.
    """
    known = store.read_trainings()
    seen = look(root, records, known, clouds)
    for name, after in sorted(seen.trainings.items()):
        before = known.get(name)
        if is_late := late(after, datetime.now(UTC).isoformat()):
            say(f"{after.deployment}: training {name}: {is_late}")
        if after is before or not is_due(before, after):
            continue
        text, happened = _message(before, after), before is None or before.state != after.state
        store.update_training(name, partial(_unless_newer, after), text, seen.curves.get(name))
        if happened:
            say(f"{after.deployment}: {words(after)}")
    return seen


def followed(
    root: Path,
    store: Store,
    records: Mapping[str, Record],
    clouds: Mapping[str, Cloud] | None = None,
) -> Seen:
    """As `follow`, for who only looks: where nothing can be written, it is shown all the same."""
    try:
        return follow(root, store, records, clouds)
    except DeepcatError:
        return look(root, records, store.read_trainings(), clouds)


def all_seen(root: Path, store: Store) -> Mapping[str, Training]:
    """All trainings by id, for who only looks: those that go on as their hosts tell of them now."""
    known = store.read_trainings()
    records = store.read_all()
    is_any = any(_may_tell(each, known) for each in records.values())
    is_any = is_any or any(not each.is_over for each in known.values())
    return followed(root, store, records).trainings if is_any else known


def best_of(
    root: Path, trainings: Iterable[Training], metric: str = ""
) -> dict[str, tuple[Training, bool]]:
    """Module -> its best training, and whether a higher value of the metric is better.

    Args:
        root: the catalog's folder.
        trainings: to choose from.
        metric: by which; that which each module names when empty.
    """
    from deepcat.catalog.reading.open_tree import work_tree

    tree = work_tree(root)
    by_module: dict[str, list[Training]] = {}
    for each in trainings:
        by_module.setdefault(each.module, []).append(each)
    found = {}
    for module, own in by_module.items():
        data = module_data(tree, module)
        name = metric or metric_of(data)
        higher = is_higher_better(data, name)
        if chosen := best(own, name, higher=higher):
            found[module] = (chosen, higher)
    return found


def metric_of(data: Mapping[str, Any]) -> str:
    """By which metric trainings of a module are compared; empty for none."""
    own = data.get("training")
    return str(own.get("metric") or "") if isinstance(own, Mapping) else ""


def is_higher_better(data: Mapping[str, Any], metric: str) -> bool:
    """The direction of a module's metric, as its file says; upwards where it does not."""
    from deepcat.plan.training import direction

    return direction(data, metric) is not False


def words(training: Training) -> str:
    """What a training does, in a few words for a person."""
    ends = f" with status {training.exit_status}" if training.exit_status is not None else ""
    code = training.failure.get("code")
    why = f" [{code}]" if code else ""
    return f"training {training.training} {_DOES.get(training.state, training.state)}{ends}{why}"


_DOES = {
    "waiting": "waits",
    "running": "runs",
    "ended": "has ended",
    "failed": "has failed",
    "lost": "is lost",
    "stopped": "was stopped",
}


def _message(before: Training | None, after: Training) -> str:
    """The commit's: of a deployment where something happened, else of the training alone."""
    if before is not None and before.state == after.state:
        return f"training {after.training}: {after.progress or 0:.0%} after {after.seconds:.0f} s"
    lines = {"Run": after.run, "Training": after.training, "Commit": after.commit}
    facts = "\n".join(f"Deepcat-{key}: {value}" for key, value in lines.items() if value)
    return f"{after.deployment}: {words(after)}\n\n{facts}"


def _unless_newer(after: Training, now: Training | None) -> Training | None:
    """What another one wrote meanwhile counts where it knows more; what came of it stays."""
    if now is None:
        return after
    if not _is_later(after, now) or not is_due(now, after):
        return now
    proposal, uploaded, reproduced = now.proposal, now.uploaded, now.reproduced
    return replace(after, proposal=proposal, uploaded=uploaded, reproduced=reproduced)


def _is_later(after: Training, before: Training) -> bool:
    """Whether the one knows at least as much as the other, of one training."""
    if after.began and before.began and after.began != before.began:
        return instant_of(after.began) > instant_of(before.began)
    return after.is_over or not before.is_over or after.run != before.run


def trains(state: State) -> bool:
    """Whether a deployment is a training."""
    return any(_is_training(node) for node in state.nodes.values())


def _may_tell(record: Record, known: Mapping[str, Training]) -> bool:
    """Whether a deployment trains, and more is to be known than is recorded."""
    state = record.state
    if not state.resources or not trains(state):
        return False
    own = [t for t in known.values() if t.deployment == state.name and t.run == state.run]
    return not own or not all(each.is_over for each in own)


def _is_training(node: Mapping[str, Any]) -> bool:
    return node.get("type") == _TYPE


def _gathered(
    root: Path, record: Record, clouds: Mapping[str, Cloud]
) -> Iterator[Mapping[str, Any]]:
    """What a host tells of each training of a deployment; nothing where its kind cannot ask."""
    from deepcat.clouds.kind import Collecting
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of
    from deepcat.loop.away import away

    state = record.state
    cloud = clouds.get(state.cloud)
    if cloud is None or away(root, record, {cloud.name: cloud}) is not None:
        return
    with answering(cloud):
        kind = kind_of(cloud)
        if not isinstance(kind, Collecting):
            return
        found = kind.gather(cloud, state.name, state.shape, state.resources, means(root))
    yield from (each for each in found if is_training(str(each.get("training"))))


def _clouds(root: Path) -> Mapping[str, Cloud]:
    from deepcat.catalog.load import load_clouds
    from deepcat.catalog.reading.open_tree import work_tree

    return load_clouds(work_tree(root))


def _settings(root: Path) -> Mapping[str, Any]:
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import read_settings

    return read_settings(work_tree(root))


def _base(
    root: Path, record: Record, before: Training | None, gathered: Mapping[str, Any]
) -> Training:
    """The training with what its deployment's record says of it."""
    state, name = record.state, str(gathered["training"])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    base = before or _begun(root, state, name, str(gathered.get("node") or ""), now)
    return replace(
        base,
        deployment=state.name,
        run=state.run,
        cloud=state.cloud,
        shape=state.shape,
        price_hour=record.price_hour,
    )


def _begun(root: Path, state: State, name: str, node: str, now: str) -> Training:
    """A training that was not known before."""
    held = state.nodes.get(node) or next(filter(_is_training, state.nodes.values()), {})
    own = held.get("properties") or {}
    commit = state.module_commit or state.commit
    tree: Tree | None = None
    with suppress(DeepcatError):  # a commit that this clone does not hold
        tree = _tree(root, commit)
    module = module_data(tree, state.module) if tree else {}
    said = module.get("training")
    seed = said.get("seed") if isinstance(said, Mapping) else None
    given = own.get("inputs")
    data = own.get("data")
    limits = own.get("limits")
    return Training(
        training=name,
        deployment=state.name,
        node=node or "training",
        by=asked_by(state),
        sweep=str(state.asked.get(SWEEP) or "")[:40],
        module=state.module,
        version=state.version,
        commit=commit,
        inputs=dict(given) if isinstance(given, Mapping) else dict(state.inputs),
        data=dict(data) if isinstance(data, Mapping) else {},
        lock=_lock(tree, state.module, str(own.get("requirements") or "")),
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
        begins_from=state.version if own.get("begins_from") else "",
        metric=str(state.asked.get(METRIC) or metric_of(module))[:64],
        limits=dict(limits) if isinstance(limits, Mapping) else {},
        created=now,
    )


def _tree(root: Path, commit: str) -> Tree:
    from deepcat.catalog.reading.open_tree import git_tree, work_tree

    return git_tree(root, commit) if commit else work_tree(root)


def module_data(tree: Tree, module: str) -> Mapping[str, Any]:
    """What a module's file says, as far as it can be read."""
    from deepcat.catalog.reading.parse import read_bytes

    path = f"modules/{module}/module.yaml"
    with suppress(FileNotFoundError):
        document, _ = read_bytes(tree.read(path), path)
        data = document.data if document else None
        return data if isinstance(data, Mapping) else {}
    return {}


def _lock(tree: Tree | None, module: str, lock: str) -> str:
    """What tells the lock that pins an environment from others; empty for none."""
    if tree is None or not lock:
        return ""
    try:
        return hashlib.sha256(tree.read(f"modules/{module}/{lock}")).hexdigest()
    except (FileNotFoundError, DeepcatError):
        return ""


def _taken_down(
    found: Mapping[str, Training],
    records: Mapping[str, Record],
    untold: Mapping[str, str],
    now: str,
) -> dict[str, Training]:
    """The trainings that went on as far as is known, and whose deployments run another or none."""
    return {
        name: replace(
            each,
            state=STOPPED,
            ended=now,
            expected_end="",
            updated=now,
            attempts=_with_stop(each, is_wished=each.deployment in records),
        )
        for name, each in found.items()
        if not each.is_over and each.deployment not in untold and _is_gone(each, records)
    }


def _with_stop(training: Training, *, is_wished: bool) -> tuple[Mapping[str, Any], ...]:
    """Its attempts, of which the last was stopped where its deployment was taken down."""
    *before, last = training.attempts or ({},)
    return training.attempts if is_wished or not last else (*before, {**last, "state": STOPPED})


def _is_gone(training: Training, records: Mapping[str, Record]) -> bool:
    record = records.get(training.deployment)
    if record is None:
        return True
    return bool(record.state.run) and record.state.run != training.run and not record.intent
