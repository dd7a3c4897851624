"""Which edge probes which kind of cloud."""

from __future__ import annotations

from deepcat.catalog.values import Cloud
from deepcat.clouds.offers import Probe


def probe(cloud: Cloud) -> Probe | None:
    """What the cloud has now; None for a kind that only its file describes."""
    if cloud.kind == "local":
        from deepcat.clouds.kinds.local import probe

        return probe.probe(cloud)
    return None
