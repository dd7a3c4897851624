"""What a run has to tell whoever asked for it: one notice for each change of a state. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from deepcat.notify.values import Event, Notice
from deepcat.plan.values import Action

if TYPE_CHECKING:
    from deepcat.catalog.values import Catalog
    from deepcat.runs.values import Outcome


def notices(
    outcomes: Iterable[Outcome],
    refused: Mapping[str, Collection[str]],
    catalog: Catalog,
    *,
    commit: str,
    title: str,
    heals: bool = False,
    known: Collection[str] = (),
) -> tuple[Notice, ...]:
    """What there is to tell.

    Args:
        outcomes: how the changes went.
        refused: deployment -> why it is not carried out.
        catalog: what was to hold.
        commit: where it stands.
        title: the catalog's.
        heals: whether what was brought up was there before, as with the watch.
        known: deployments of whose trouble people know already; they are not told again.
    """
    found = []
    for each in outcomes:
        event = _event(each, heals)
        change = each.job.change
        if event is None or (event is Event.FAILED and change.deployment in known):
            continue
        last = each.failures[-1].message if each.failures and not each.ok else ""
        wish = catalog.deployments.get(change.deployment)
        owner = wish.owner if wish else (each.state.owner if each.state else "")
        cloud = each.state.cloud if each.state else ""
        found.append(
            Notice(
                event, change.deployment, change.module, change.version, owner, cloud, last,
                commit, each.run, title,
            )
        )  # fmt: skip
    for name, why in refused.items():
        if name not in known:
            wish = catalog.deployments.get(name)
            module, owner = (wish.module, wish.owner) if wish else ("", "")
            words = "; ".join(list(why)[:3])
            found.append(
                Notice(
                    Event.REFUSED, name, module, "", owner, message=words, commit=commit,
                    catalog=title,
                )
            )  # fmt: skip
    return tuple(found)


def _event(outcome: Outcome, heals: bool) -> Event | None:
    if not outcome.begun:
        return None
    if not outcome.ok:
        return Event.FAILED
    change = outcome.job.change
    if outcome.job.is_copy:
        return None  # the deployment itself runs on
    if change.action is Action.DELETE:
        over = any(cause.property == "lifetime" for cause in change.causes)
        return Event.EXPIRED if over else Event.REMOVED
    if not outcome.changed:
        return None
    return Event.HEALED if heals else Event.APPLIED
