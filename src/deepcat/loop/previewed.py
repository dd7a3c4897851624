"""What a plan's changes would alter where they go, asked of the clouds that can try it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.clouds.kind import Previewing
from deepcat.clouds.means import means
from deepcat.clouds.registry import answering, kind_of
from deepcat.errors import DeepcatError
from deepcat.loop.values import TIMEOUT_S
from deepcat.plan.values import Action

if TYPE_CHECKING:
    from deepcat.clouds.kind import Means
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Change, Plan, Wish

_UP = (Action.CREATE, Action.UPDATE, Action.REPLACE)
_AT_ONCE = 8
# A review shows no more than some; each costs its cloud some requests.
_MOST = 50
_ROLE = "ansible.builtin.import_role"


def previewed(plan: Plan, world: Gathered, root: Path) -> Plan:
    """The plan whose changes tell what of what lies there would differ.

    Clouds that nobody has agreed to yet are not asked, nor those that cannot try anything.

    Args:
        plan: as it is made.
        world: what it was made from.
        root: the catalog's folder.
    """
    asked = [each for each in plan.changes if _may_be_asked(each, world)][:_MOST]
    if not asked:
        return plan
    given = means(root)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        lines = pool.map(lambda each: _tried(each, world, given), asked)
        told = {each.deployment: own for each, own in zip(asked, lines, strict=True)}
    return replace(
        plan,
        changes=tuple(
            replace(each, objects=told[each.deployment]) if each.deployment in told else each
            for each in plan.changes
        ),
    )


def _may_be_asked(change: Change, world: Gathered) -> bool:
    if change.action not in _UP or change.offer is None or change.offer.cloud in world.unasked:
        return False
    try:
        return isinstance(kind_of(world.catalog.clouds[change.offer.cloud]), Previewing)
    except (DeepcatError, KeyError):
        return False


def _tried(change: Change, world: Gathered, given: Means) -> tuple[str, ...]:
    """What one change would alter; or why that is not known."""
    assert change.offer is not None  # noqa: S101 - only what is placed is asked for
    wish, cloud = world.wishes[change.deployment], world.catalog.clouds[change.offer.cloud]
    kind = kind_of(cloud)
    assert isinstance(kind, Previewing)  # noqa: S101 - as above
    try:
        with answering(cloud), tempfile.TemporaryDirectory(prefix="deepcat-") as folder:
            reach = kind.reach(cloud, given, change.deployment, change.offer.shape)
            common = _common(Path(folder), world, wish, dict(reach.keeper))
            return kind.preview(cloud, given, [{**common, **each} for each in _steps(wish)])
    except (DeepcatError, OSError) as error:
        return (f"what of it would change is not known: {error}",)


def _common(folder: Path, world: Gathered, wish: Wish, keeper: dict[str, Any]) -> dict[str, Any]:
    """What every step is given, as far as it is known before a run."""
    from deepcat.runs.stage import MODULE, module_files, servers

    for name, content in module_files(wish.lies_in(world.tree), wish):
        path = folder / MODULE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if wish.request is not None:
        most = wish.request.largest
        keeper["needs"] = {"cpus": most.cpus, "memory_MiB": most.memory_MiB}
    return {
        "deployment": wish.deployment.name,
        "run": "",
        "place": "",
        "timeout": TIMEOUT_S,
        "files": str(folder),
        "servers": servers(wish),
        "keeper": keeper,
        "cards": dict(wish.request.cards) if wish.request else {},
        "access": wish.deployment.access and wish.deployment.access.standing,
        "attributes": {},
    }


def _steps(wish: Wish) -> Iterator[Mapping[str, Any]]:
    """The steps that the roles of a wish's nodes take, each with its node.

    Raises:
        DeepcatError: an operation cannot be carried out.
    """
    from deepcat.catalog.reading.own_yaml import loads
    from deepcat.plan.compile import compile_plays
    from deepcat.plan.roles import NODE
    from deepcat.runs.prepare import tasks_file

    plays = compile_plays(wish.topology, wish.deployment, wish.module, Action.CREATE)
    for task in (task for play in plays for task in play["tasks"]):
        role = task.get(_ROLE)
        if not isinstance(role, Mapping):
            continue
        for each in loads(tasks_file(role["name"], role["tasks_from"]).read_text("utf-8")) or ():
            if asked := each.get("deepcat_host"):
                yield {"step": asked["step"], "node": task["vars"][NODE]}
