"""The plan of what a pull request would bring, and what of it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.errors import DeepcatError
from deepcat.review.shown import NOTHING, Shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepcat.catalog.reading.tree import Tree
    from deepcat.clouds.request import Request
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Change
    from deepcat.review.values import Changed
    from deepcat.secrets.owners import SecretOwners


class Planned:
    """A plan with its words.

    Attributes:
        gathered: what it was made from.
        plan: the plan itself.
        summary: in one line.
        text: for a terminal; what stays as it is is left out.
        shown: deployment -> where it would run, for `deepcat.review.report.Report`.
        modules: deployment -> the module that it wishes for.
        plays: what changes in the plays, as a unified diff.
        files: trial of a sweep -> the file that asks for it.
    """

    def __init__(self, gathered: Gathered, root: Path) -> None:
        from deepcat.loop.previewed import previewed
        from deepcat.loop.rendered import rendered
        from deepcat.plan.render import summary, text
        from deepcat.review.play_diff import play_diff
        from deepcat.review.report import MAX_PLAYS

        wishes, currency = gathered.catalog.deployments, gathered.currency
        self.gathered = gathered
        self.plan = previewed(gathered.plan(), gathered, root)
        self.modules = {name: wish.module for name, wish in wishes.items()}
        trials = gathered.sweeps.trials.items()
        self.files = {each: f"deployments/{wish}.yaml" for wish, own in trials for each in own}
        self.summary = summary(self.plan, currency)
        self.text = text(self.plan, currency, quiet=True)
        self.plays = play_diff(rendered(self.plan.changes, gathered), MAX_PLAYS)
        self.shown = {
            change.deployment: Shown(
                change.offer.cloud,
                change.offer.accelerator,
                change.price_hour,
                dearest(change, gathered.wishes[change.deployment].request),
            )
            for change in self.plan.changes
            if change.offer is not None
        }
        if gathered.unasked:
            # What could be placed there is not known, so that a merge must not take it as shown.
            self.shown |= dict.fromkeys(self.plan.refusals, NOTHING)

    def file_of(self, name: str) -> str:
        """The file that wishes for a deployment."""
        return self.files.get(name, f"deployments/{name}.yaml")


def planned(
    root: Path,
    tree: Tree,
    trusted: Tree | None,
    say: Callable[[str], None],
    rules: Tree | None = None,
    context: Mapping[str, Any] | None = None,
) -> Planned | None:
    """What a merge would do; None when the plan cannot be made, which is then said.

    For the arguments see `deepcat.loop.world.gather`.
    """
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather

    try:
        gathered = gather(
            root, tree.commit, known=tree, trusted=trusted, rules=rules, context=context
        )
        gathered = as_it_is(root, gathered)
    except DeepcatError as error:
        say(f"no plan: {error.message}")
        return None
    return Planned(gathered, root)


def dearest(change: Change, request: Request | None) -> float:
    """The most that it may cost an hour, should the first offers fail."""
    from deepcat.review.due import price_on

    found = [change.price_hour]
    if request is not None:
        found += [price_on(change, request, offer) for offer in change.fallbacks]
    return max(found)


def refusals(planned: Planned, changed: Iterable[Changed], tree: Tree) -> tuple[Finding, ...]:
    """Wishes that this pull request changes, or whose module it changes, and that are refused.

    So are those that run on a cloud whose file it takes away.
    """
    names = {part_of(each.path) for each in changed}
    clouds = planned.gathered.catalog.clouds
    names |= {
        f"deployments/{name}.yaml"
        for name, record in planned.gathered.records.items()
        if record.state.cloud not in clouds and f"clouds/{record.state.cloud}.yaml" in names
    }
    return tuple(
        _refusal(planned.file_of(name), reasons, tree)
        for name, reasons in planned.plan.refusals.items()
        if planned.file_of(name) in names or f"modules/{planned.modules.get(name)}" in names
    )


def warnings(planned: Planned, changed: Iterable[Changed]) -> tuple[Finding, ...]:
    """What policies have against the changes of wishes that this pull request touches."""
    names = {part_of(each.path) for each in changed}
    return tuple(
        Finding(Place(planned.file_of(name)), "policy/warned", why, "", Severity.HINT)
        for name, listed in planned.plan.warnings.items()
        if planned.file_of(name) in names or f"modules/{planned.modules.get(name)}" in names
        for why in listed
    )


def foreign(
    planned: Planned, changed: Iterable[Changed], owners: SecretOwners
) -> tuple[Finding, ...]:
    """Secrets of others that wishes ask for once their inputs are given, by what the target says.

    Args:
        planned: what the pull request would bring.
        changed: its files.
        owners: who owns what where it shall go to.
    """
    from deepcat.loop.wishes import others_secrets

    parts = {part_of(each.path) for each in changed}
    found = []
    for wish in planned.gathered.wishes.values():
        path, module = wish.deployment.path, wish.module
        if parts.isdisjoint((path, module.path)):
            continue
        tree = wish.lies_in(planned.gathered.tree)
        why = others_secrets(tree, wish.topology, wish.deployment, module, owners)
        found += [Finding(Place(path), each.code, each.message, each.hint) for each in why]
    return tuple(found)


def _refusal(path: str, reasons: Sequence[str], tree: Tree) -> Finding:
    from deepcat.catalog.reading.parse import read_bytes
    from deepcat.plan.quota import is_of_quota

    document = None
    with suppress(FileNotFoundError):  # it goes, and may not
        document, _ = read_bytes(tree.read(path), path)
    words = "; ".join(reasons[:5])
    if not any(is_of_quota(reason) for reason in reasons):
        place = document.place(("placement",)) if document else Place(path)
        message = f"the deployment cannot be placed: {words}"
        return Finding(place, "plan/refused", message, "change what it asks for, or its bounds")
    data = document.data if document else None
    named = isinstance(data, dict) and data.get("owner")
    whose = "its owner's" if named else "the nameless owners'"
    return Finding(
        document.place(("owner",)) if document else Place(path),
        "review/quota",
        f"the deployment is not inside {whose} quota: {words}",
        "ask for less, end another deployment of the owner, or ask for a higher quota",
    )


def part_of(path: str) -> str:
    """The module's folder, or the file, that a path belongs to."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "modules" else path
