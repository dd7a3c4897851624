"""A deployment taken back to a version that ran before: which, and what the wish says then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.beginning.edit import with_text
from deepcat.catalog.judging.choosing import listed
from deepcat.catalog.reading.history import Carried
from deepcat.errors import DeepcatError, UsageError
from deepcat.plan.values import Status

if TYPE_CHECKING:
    from deepcat.catalog.values import Deployment
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Plan, State
    from deepcat.records.record import Record


@dataclass(frozen=True, slots=True)
class Rollback:
    """What is written, and what comes of it.

    Attributes:
        deployment: its name.
        path: of its file, relative to the catalog's root.
        module: the module's name.
        before: the version or range that the file names; empty for none.
        version: the version that it names then.
        commit: of the history that carries it; empty where it is the newest.
        text: the file's content then.
        plan: what a plan would do then, for this deployment alone.
        currency: of the plan's prices.
        is_away: whether another clone's machine has it, which alone can plan what is done to it.
    """

    deployment: str
    path: str
    module: str
    before: str
    version: str
    commit: str
    text: str
    plan: Plan
    currency: str
    is_away: bool = False

    @property
    def is_there(self) -> bool:
        """Whether the file says so already."""
        return self.before == self.version


def rollback(root: Path, name: str, version: str = "") -> Rollback:
    """Work out how a deployment goes back; nothing is written.

    Args:
        root: the catalog's folder.
        name: of the deployment.
        version: to which; the last that ran well before the present one when empty.

    Raises:
        UsageError: there is no such deployment.
        DeepcatError: there is no such version, or none to go back to (``rollback/…``).
    """
    from deepcat.loop.away import away
    from deepcat.loop.known import require, wished
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather
    from deepcat.records.clone import open_store

    require([name], wished(root))
    gathered = as_it_is(root, gather(root))
    deployment = _deployment(gathered, name)
    there, cut = _versions(gathered, deployment)
    if not version:
        record = gathered.records.get(name)
        wish = gathered.wishes.get(name)
        present = wish.module.version if wish else ""
        if not wish and record and record.state.status is not Status.RUNNING:
            present = record.state.version
        version = last_good(open_store(root).past(name), deployment.module, present, there)
        if not version:
            raise _nothing(deployment, present, there, cut)
    elif version not in {each.version for each in there}:
        raise _unknown(deployment, version, there, cut)
    text = gathered.tree.read(deployment.path).decode()
    new = with_text(text, deployment.path, "version", version, "module")
    data = {**deployment.data, "version": version}
    changed = replace(deployment, version=version, data=data)
    plan, commit = _planned(gathered, changed)
    record = gathered.records.get(name)
    is_away = record is not None and away(root, record, gathered.catalog.clouds) is not None
    before = str(deployment.data.get("version", ""))
    return Rollback(
        name, deployment.path, deployment.module, before, version, commit, new, plan,
        gathered.currency, is_away,
    )  # fmt: skip


def last_good(
    records: Iterable[Record], module: str, present: str, there: Sequence[Carried]
) -> str:
    """The last version that ran well before the present one, and can still be had. Pure.

    Args:
        records: of the deployment, newest first.
        module: that the wish names.
        present: the version that the wish gets now.
        there: the versions that history has.
    """
    known = {each.version for each in there}
    for record in records:
        state = record.state
        if (state.module, record.intent) != (module, {}) or state.version == present:
            continue
        if state.version in known and _ran_well(record):
            return state.version
    return ""


def _ran_well(record: Record) -> bool:
    state: State = record.state
    if state.has_ended:
        return state.exit_status == 0
    return state.status is Status.RUNNING and not record.samples.get("failed")


def _deployment(gathered: Gathered, name: str) -> Deployment:
    """The wish as its file says it, also where nothing meets it."""
    from deepcat.catalog.build import deployment
    from deepcat.catalog.judging.judge import judge
    from deepcat.catalog.reading.units import units

    path = f"deployments/{name}.yaml"
    known = gathered.catalog.deployments.get(name)
    if known is not None:
        return known
    unit = next(each for each in units(gathered.tree) if each.path == path)
    errors = [e for e in judge(gathered.tree, unit, gathered.settings).findings if e.is_error]
    if errors:
        raise DeepcatError(
            f"{errors[0].place}: {errors[0].message}",
            hint=errors[0].hint or "see `deepcat check`",
            code="rollback/file",
        )
    return deployment(unit, _data(gathered, path))


def _data(gathered: Gathered, path: str) -> Mapping[str, Any]:
    from deepcat.catalog.reading.parse import read_bytes

    document, _ = read_bytes(gathered.tree.read(path), path)
    return document.data if document and isinstance(document.data, dict) else {}


def _versions(gathered: Gathered, deployment: Deployment) -> tuple[list[Carried], str]:
    """The versions of its module that can be had, and what lets this clone know of more."""
    from deepcat.catalog.past import SHALLOW, past_of

    past = past_of(gathered.tree, gathered.settings)
    known = past.of((deployment.module,)).get(deployment.module, ()) if past else ()
    if past:
        past.save()
    there = [each for each in known if each.version and each.folder]
    return there, f"; {SHALLOW}" if past and past.is_shallow else ""


def _planned(gathered: Gathered, changed: Deployment) -> tuple[Plan, str]:
    """What a plan does with the wish as it is then, and the commit that carries its module."""
    from deepcat.loop.wishes import read_wish
    from deepcat.loop.world import only

    name = changed.name
    catalog = gathered.catalog
    deployments = {**catalog.deployments, name: changed}
    catalog = replace(catalog, deployments=deployments)
    record = gathered.records.get(name)
    found = read_wish(gathered.tree, catalog, gathered.settings, changed, record)
    wishes = {each: wish for each, wish in gathered.wishes.items() if each != name}
    held = {each: why for each, why in gathered.held.items() if each != name}
    if isinstance(found, tuple):
        raise DeepcatError(
            f"`{changed.module}` {changed.version} cannot be deployed any more: {'; '.join(found)}",
            hint="name another version",
            code="rollback/refused",
        )
    wishes[name] = found
    is_same = catalog.deployments == gathered.catalog.deployments
    commit = gathered.commit if is_same else ""
    then = replace(gathered, catalog=catalog, wishes=wishes, held=held, commit=commit)
    return only(then.plan(), (name,)), found.commit


def _unknown(
    deployment: Deployment, version: str, there: Sequence[Carried], cut: str
) -> DeepcatError:
    return UsageError(
        f"no commit that led here carried `{deployment.module}` {version}",
        hint=f"there are: {listed(there) or 'none'}{cut}",
        code="rollback/version",
    )


def _nothing(
    deployment: Deployment, present: str, there: Sequence[Carried], cut: str
) -> DeepcatError:
    others = [each for each in there if each.version != present]
    before = f" before {present}" if present else ""
    hint = (
        f"name one that history has: {listed(others)}" if others else "history has no other either"
    )
    return DeepcatError(
        f"no other version of `{deployment.module}` ran well for `{deployment.name}`{before}",
        hint=f"{hint}{cut}",
        code="rollback/nothing",
    )
