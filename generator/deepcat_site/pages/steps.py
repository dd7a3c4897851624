"""Makes the parts whose key changed, so that a changed README costs no list of 10,000 modules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace

from deepcat.catalog.pool import run_all
from deepcat_site.api import feeds
from deepcat_site.digests import digest
from deepcat_site.manifest import Step
from deepcat_site.pages.registry import PARTS, Part
from deepcat_site.pages.site import Site
from deepcat_site.views.facets import FACETED

# From so many changed modules on, the parts are dealt out to two processes: a fork costs more than
# what a few changes ask for.
_MANY = 1000


def write(
    site: Site, before: Mapping[str, Step], parts: Mapping[str, Part] = PARTS
) -> dict[str, Step]:
    """Make every part whose key changed; all parts as they stand now.

    Args:
        site: the build.
        before: the parts of the last build, by name.
        parts: the parts of this one, by name.
    """
    keys = {name: _digest(site, *part.key(site)) for name, part in parts.items()}
    done = {} if site.output.is_new else {n: s for n, s in before.items() if n in parts}
    stale = [name for name, key in keys.items() if name not in done or done[name].key != key]
    counted = before.get("counts")
    if stale:
        counted = _count(site, counted)  # once, before the work is dealt out
    if len(stale) > 1:
        _ = site.cards
    many = len(stale) > 1 and len(site.rows.made) > _MANY

    def make(name: str) -> tuple[Step, int]:
        return _make(site, keys[name], parts[name].make, done.get(name))

    made = run_all(make, stale, few=2 if many else len(stale) + 1, chunk=1)
    site.output.written += sum(count for _, count in made)
    steps = done | dict(zip(stale, (step for step, _ in made), strict=True))
    if counted:
        steps["counts"] = counted
    steps["sitemaps"] = _sitemaps(site, [steps[name] for name in parts], before.get("sitemaps"))
    return steps


def _digest(site: Site, *inputs: str) -> str:
    return digest("\0".join((site.frame.context, *inputs)).encode())


def _count(site: Site, before: Step | None) -> Step:
    """Count the facets' values, or take what the last build counted where no card differs there."""
    key = _digest(site, site.keys.cards)
    if before is not None and (before.key == key or site.is_same(FACETED)):
        site.counts = json.loads(before.parts["counts"])
    return Step(key, parts={"counts": json.dumps(site.counts)})


def _make(
    site: Site, key: str, action: Callable[[Site], None], before: Step | None = None
) -> tuple[Step, int]:
    """Make one part; what it made, and how many files that wrote."""
    mine = copy(site)
    mine.output, mine.addresses, mine.parts = site.output.beside(), [], {}
    mine.before = before.parts if before else {}
    action(mine)
    step = Step(key, sorted(mine.output.made), mine.addresses, mine.parts)
    return step, mine.output.written


def _sitemaps(site: Site, steps: Sequence[Step], before: Step | None) -> Step:
    """The addresses of all pages; the dates of modules are those of their cards."""
    addresses = [address for step in steps for address in step.addresses]
    key, cards = _digest(site, *addresses), site.keys.cards
    if before is not None and before.key == key and not site.output.is_new:
        if before.parts.get("cards") == cards:
            return before
        if site.is_same(("updated",)):
            return replace(before, parts={"cards": cards})

    def action(site: Site) -> None:
        site.parts["cards"] = cards
        rows = [(address, "") for address in addresses]
        rows += [(f"modules/{c.name}/", c.updated) for c in site.cards]
        for name, content in feeds.sitemaps(rows, site.source.settings).items():
            site.output.put(name, content)

    step, count = _make(site, key, action)
    site.output.written += count
    return step
