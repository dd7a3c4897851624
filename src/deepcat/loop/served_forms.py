"""Which form of a model will serve, where its module brings two: said of each change of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deepcat.catalog.reading.archive import read
from deepcat.catalog.reading.served import chosen
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Cloud
from deepcat.plan.values import Action, Change, Plan, Wish

_UP = (Action.CREATE, Action.UPDATE, Action.REPLACE)
_BY_IMAGE = "TensorFlow Serving will serve the SavedModel, for its own container does"


def told(plan: Plan, wishes: Mapping[str, Wish], clouds: Mapping[str, Cloud], tree: Tree) -> Plan:
    """The plan whose changes say so; only of what comes up is a model looked at.

    Args:
        plan: as it is made.
        wishes: by the deployment's name.
        clouds: by name.
        tree: that is planned.
    """
    changes = []
    for change in plan.changes:
        wish = wishes.get(change.deployment)
        form = _form(change, wish, clouds, tree) if wish and change.action in _UP else ""
        note = "; ".join(filter(None, (change.note, form)))
        changes.append(replace(change, note=note) if form else change)
    return replace(plan, changes=tuple(changes))


def _form(change: Change, wish: Wish, clouds: Mapping[str, Cloud], tree: Tree) -> str:
    module = wish.module
    if not (module.model and module.model.path and any(each.model for each in wish.workloads)):
        return ""
    path = f"{module.path}/{module.model.path}"
    try:
        contents = read(path, wish.lies_in(tree).read(path))
    except OSError:
        return ""
    has_samples = any(bool(sample.response) for sample in module.samples)
    form = chosen(contents, has_samples=has_samples)
    cloud = clouds.get(change.offer.cloud) if form and change.offer else None
    section = cloud.data.get(cloud.kind) if cloud else None
    is_container = isinstance(section, Mapping) and bool(section.get("image"))
    return _BY_IMAGE if is_container else form
