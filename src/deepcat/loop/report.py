"""The loop's end: who hears of what failed, what is proposed, and what no longer holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.forge.git import Repository
from deepcat.forge.values import Part, Proposal
from deepcat.review.incident import Trouble, answer, keys, over, refused, unlocked
from deepcat.secrets.mask import mask, mask_data

if TYPE_CHECKING:
    from deepcat.clouds.failure import Failure
    from deepcat.loop.values import Settled, Stage
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Change
    from deepcat.records.record import Record
    from deepcat.runs.values import Outcome


def report(
    stage: Stage, gathered: Gathered, settled: Settled, outside: Collection[str] = ()
) -> tuple[str, ...]:
    """Open or update what people must see, and close what no longer holds.

    Returns:
        Why some of it could not be told, in words; each is said at once.
    """
    troubles: list[str] = []

    def try_(action: Callable[[], object]) -> None:
        try:
            action()
        except DeepcatError as error:
            # What was applied and recorded stays so; the others are still told of.
            stage.say(f"error: {error.message}")
            stage.say(f"hint: {error.hint}")
            troubles.append(error.message)

    for outcome in settled.outcomes:
        try_(partial(_tell_outcome, stage, gathered, outcome))
        for failure in outcome.refused:
            try_(partial(_tell_refusal, stage, outcome, failure))
    for name, seen in gathered.probes.items():
        if seen is not None and seen.refused:
            try_(partial(_tell_probe, stage, name, seen.detail))
    for name, reasons in settled.refused.items():
        kind = "bounds" if name in outside else "refused"
        rows = [
            {"kind": kind, "code": f"plan/{kind}", "message": mask(reason)} for reason in reasons
        ]
        try_(partial(_tell, stage, gathered, _change_of(gathered, name), rows, ""))
    try_(partial(_close, stage, gathered, settled))
    return tuple(dict.fromkeys(troubles))


def _close(stage: Stage, gathered: Gathered, settled: Settled) -> None:
    """Close what no longer holds."""
    failed = {outcome.job.name for outcome in settled.outcomes if not outcome.ok}
    troubled = failed | settled.refused.keys() | settled.waiting.keys()
    used = {each.state.cloud for each in settled.outcomes if each.ok and each.state}
    used -= {failure.cloud for each in settled.outcomes for failure in each.refused}
    known = gathered.catalog.clouds
    for key in sorted(stage.inbox.open_keys()):
        about, _, name = key.partition("/")
        still = name in (gathered.catalog.deployments if about == "over" else troubled)
        if about in ("revert", "mend", "over") and not still:
            stage.inbox.close(key, "It is as wished again.")
        lets_us_in = name in used if about == "auth" else not _is_refused(gathered, name)
        if about in ("auth", "probe") and (lets_us_in or name not in known):
            stage.inbox.close(key, "It takes our credentials again, or is gone.")


def _is_refused(gathered: Gathered, cloud: str) -> bool:
    """Whether a cloud refuses us still, as far as is known: one that is silent says nothing."""
    seen = gathered.probes.get(cloud)
    return seen is None or seen.refused or not seen.healthy


def _tell_refusal(stage: Stage, outcome: Outcome, failure: Failure) -> None:
    issue = refused(mask_data(failure.as_dict()), outcome.job.name)
    where = stage.inbox.put_issue(issue)
    stage.say(f"{failure.cloud}: it refuses our credentials: {where}")


def _tell_probe(stage: Stage, cloud: str, why: str) -> None:
    where = stage.inbox.put_issue(unlocked(cloud, mask(why)))
    stage.say(f"{cloud}: it refuses our credentials: {where}")


def _tell_outcome(stage: Stage, gathered: Gathered, outcome: Outcome) -> None:
    change = outcome.job.change
    if not outcome.ok:
        failures = [mask_data(failure.as_dict()) for failure in outcome.failures]
        _tell(stage, gathered, change, failures, outcome.run)
        return
    if any(cause.property == "lifetime" for cause in change.causes):
        path = f"{Repository(stage.root).prefix}deployments/{change.deployment}.yaml"
        where = stage.inbox.put_proposal(over(change.deployment, path, stage.branch))
        stage.say(f"{change.deployment}: its lifetime is over; to take the wish away: {where}")


def _tell(
    stage: Stage,
    gathered: Gathered,
    change: Change,
    failures: Sequence[Mapping[str, str]],
    run: str,
) -> None:
    record = gathered.records.get(change.deployment)
    trouble = Trouble(
        deployment=change.deployment,
        wished=f"{change.module} {change.version}".strip() if change.version else "",
        commit=stage.commit,
        failures=tuple(failures),
        still=_still(record),
        run=run,
        log=stage.log,
    )
    parts = _way_back(stage, gathered, change, record) if trouble.is_mistake else None
    asked = answer(trouble, parts, stage.branch)
    revert, mend = keys(change.deployment)
    if isinstance(asked, Proposal):
        where, what, other = stage.inbox.put_proposal(asked), "a way back is proposed", mend
    else:
        where, what, other = stage.inbox.put_issue(asked), "what to mend is said", revert
    stage.say(f"{change.deployment}: {what}: {where or 'nowhere, for main has it already'}")
    stage.inbox.close(other, f"See {where}.")


def _way_back(
    stage: Stage, gathered: Gathered, change: Change, record: Record | None
) -> dict[str, Part | None]:
    """What takes the wish back to what ran last; empty where nothing would."""
    git = Repository(stage.root)
    prefix = git.prefix
    good = git.commit(record.state.commit) if record and record.state.endpoints else ""
    wish = f"deployments/{change.deployment}.yaml"
    module = f"modules/{change.module}"
    # What history carried is not mended by taking the module back, nor needs what ran that.
    is_past = change.module_commit or (record and record.state.module_commit)
    alone = not good or is_past or _used_elsewhere(gathered, change)
    paths = [wish] if alone else [wish, module]
    parts: dict[str, Part | None] = {}
    for path in paths:
        before = git.part(good, path) if good else None
        if before != git.part(stage.commit, path) and (before or path == wish):
            parts[f"{prefix}{path}"] = before
    return parts


def _used_elsewhere(gathered: Gathered, change: Change) -> bool:
    """Whether another deployment runs this very version well."""
    return any(
        record.state.module == change.module
        and record.state.version == change.version
        and record.state.endpoints
        for name, record in gathered.records.items()
        if name != change.deployment
    )


def _change_of(gathered: Gathered, name: str) -> Change:
    """A change that stands for a wish which has none, because it was refused."""
    from deepcat.plan.values import Action, Change

    wish = gathered.catalog.deployments.get(name)
    module = gathered.catalog.modules.get(wish.module) if wish else None
    return Change(
        Action.CREATE,
        name,
        wish.module if wish else "",
        module.version if module else (wish.version if wish else ""),
        wish.profile if wish else "",
    )


def _still(record: Record | None) -> str:
    if record is None or not record.state.endpoints:
        return ""
    state = record.state
    return f"{state.module} {state.version} on {state.cloud}"
