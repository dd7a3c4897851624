"""What a plan says of one deployment, for its page. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from deepcat.clouds.offers import Offer
from deepcat.plan.render import part, place
from deepcat.plan.values import Action, Change, Plan
from deepcat_site.views.read import line, written

# Of clouds and shapes that cannot take it; the terminal shows all.
MANY = 40


@dataclass(frozen=True, slots=True)
class Planned:
    """What would change if everything were applied now.

    Attributes:
        action: as in `Action`, or ``refused``.
        causes: property, what it was, what it shall be.
        where: cloud and shape that would be taken, or empty; of parts on several shapes, the cloud.
        parts: each part with its shape, where they lie on several.
        price_hour: expected, in the catalog's currency.
        fallbacks: where it would go next.
        rejected: place and why it cannot take it.
        steps: what would be done, in order.
        refused: why it cannot be planned.
        note: what a person should know of the version; may be empty.
        commit: of the history that carries the version; empty where it is the newest one.
    """

    action: str
    causes: tuple[tuple[str, str, str], ...] = ()
    where: str = ""
    price_hour: float = 0.0
    fallbacks: tuple[str, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    note: str = ""
    commit: str = ""

    @classmethod
    def nothing(cls) -> Planned:
        """It is as it shall be."""
        return cls(str(Action.NONE))


def planned(plan: Plan | None) -> dict[str, Planned]:
    """Deployment's name -> what the plan says of it; what it does not name is left out."""
    if plan is None:
        return {}
    found = {change.deployment: _change(change) for change in plan.changes}
    for name, why in plan.refusals.items():
        found[name] = Planned("refused", refused=tuple(line(reason) for reason in why))
    return found


def _change(change: Change) -> Planned:
    return Planned(
        action=str(change.action),
        causes=tuple(
            (line(cause.property, 80), _value(cause.before), _value(cause.after))
            for cause in change.causes
        ),
        where=_place(change, change.offer) if change.offer else line(change.runs_on, 120),
        parts=tuple(line(part(each), 160) for each in change.placements),
        price_hour=change.price_hour,
        fallbacks=tuple(_place(change, offer) for offer in change.fallbacks),
        rejected=tuple(
            (
                line(f"{each.cloud}/{each.shape}" if each.shape else each.cloud, 120),
                line("; ".join(each.reasons)),
            )
            for each in change.rejected[:MANY]
        ),
        steps=tuple(line(step) for step in change.steps),
        note=line(change.note),
        commit=line(change.module_commit, 40),
    )


def _value(value: object) -> str:
    return "–" if value is None or value == "" else written(value, 80)


def _place(change: Change, offer: Offer) -> str:
    return line(place(change, offer), 120)
