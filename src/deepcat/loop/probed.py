"""The clouds of a catalog as they answer now, and when they last did."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.catalog.wording import unknown
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.clouds.conformance import Conformance
    from deepcat.clouds.offers import Offer, Probe

_KEPT = Path(".deepcat") / "cache" / "clouds.json"


@dataclass(frozen=True, slots=True)
class Probed:
    """One cloud.

    Attributes:
        cloud: its file.
        probe: what was seen; None when nothing here knows its kind.
        offers: the shapes that it has, its file and what was seen in one.
        seconds: how long it took to answer.
        answered: when it last answered on this machine, as far as is remembered; UTC.
        takes: the kinds of workload that its kind can run.
        suite: how its kind fared in the suite that all kinds must pass.
    """

    cloud: Cloud
    probe: Probe | None
    offers: tuple[Offer, ...]
    seconds: float
    answered: str
    takes: tuple[str, ...]
    suite: Conformance

    @property
    def is_well(self) -> bool:
        """Whether it answered."""
        return self.probe is not None and self.probe.healthy

    @property
    def detail(self) -> str:
        """Why it is not well, or what was odd; may be empty."""
        if self.probe is None:
            return f"no package here brings the kind `{self.cloud.kind}`"
        return self.probe.detail


@dataclass(frozen=True, slots=True)
class Overview:
    """All clouds that were asked, by name, with the currency of their prices.

    Attributes:
        clouds: as they answered.
        currency: of their prices.
        left_out: the files of clouds that have errors, and so were not asked.
    """

    clouds: tuple[Probed, ...]
    currency: str
    left_out: tuple[str, ...] = ()


def look(root: Path, names: Sequence[str] = ()) -> Overview:
    """Ask the clouds side by side.

    Args:
        root: the catalog's folder.
        names: of the clouds to ask; all when none is named.

    Raises:
        UsageError: there is no cloud of that name, or its file has errors.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.reading.units import cloud_units
    from deepcat.catalog.settings import read_settings
    from deepcat.clouds.asking import probe_all
    from deepcat.clouds.conformance import conformance
    from deepcat.clouds.means import means
    from deepcat.clouds.offers import offers
    from deepcat.clouds.registry import takes

    tree = work_tree(root)
    known = load(tree).clouds
    broken = {unit.name: unit.path for unit in cloud_units(tree) if unit.name not in known}
    if unread := sorted(set(names) & broken.keys()):
        path = broken[unread[0]]
        raise UsageError(f"`{path}` has errors", hint=f"`deepcat check {path}` says what to mend")
    if strangers := sorted(set(names) - known.keys()):
        raise unknown("cloud", strangers[0], known)
    asked = [cloud for name, cloud in sorted(known.items()) if not names or name in names]
    answers = probe_all(asked, means(root))
    well = [name for name, each in answers.items() if each.probe and each.probe.healthy]
    answered = _remembered(root, well)
    found = []
    for cloud in asked:
        answer, can = answers[cloud.name], takes(cloud)
        found.append(
            Probed(
                cloud,
                answer.probe,
                tuple(each for each in offers(cloud, answer.probe, can) if each.shape),
                answer.seconds,
                answered.get(cloud.name, ""),
                can,
                conformance(cloud.kind),
            )
        )
    currency = str(read_settings(tree).get("currency") or "")
    return Overview(tuple(found), currency, tuple(sorted(broken.values())))


def _remembered(root: Path, well: Sequence[str]) -> Mapping[str, str]:
    """Cloud -> when it last answered; those that did so now are remembered."""
    path = root / _KEPT
    kept: dict[str, str] = {}
    with suppress(OSError, ValueError):
        data = json.loads(path.read_bytes())
        kept = {str(k): v for k, v in data.items() if isinstance(v, str) and len(v) < 40}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    kept |= dict.fromkeys(well, now)
    with suppress(OSError):  # a folder that is not ours to write to
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept, indent=1, sort_keys=True), "utf-8")
    return kept
