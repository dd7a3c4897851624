"""What it costs to move data to where it is read, in time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deepcat.catalog.values import Dataset
from deepcat.clouds.offers import Offer
from deepcat.quantities import human_bytes, human_time

# Bytes a second, of a cloud whose file names no `bandwidth`: a line of 100 Mbit/s.
USUAL = 12.5e6


def line(data: Iterable[Dataset], offer: Offer) -> str:
    """What is brought there and how long that takes; empty where no training reads any.

    Args:
        data: that is read.
        offer: where it is read.
    """
    data = tuple(data)
    own = {each.digest: each for each in data if not each.is_mounted}
    mounted = sorted({each.name or each.address for each in data if each.is_mounted})
    told = _brought(own, offer) if own else ""
    if not mounted:
        return told
    named = ", ".join(f"`{each}`" for each in mounted)
    said = f"mounted, not summed: {named}, so that what is trained cannot be made again bit for bit"
    return f"{told}; {said}" if told else said


def _brought(own: Mapping[str, Dataset], offer: Offer) -> str:
    lacking = [each.bytes for digest, each in own.items() if digest not in offer.data]
    there = sum(each.bytes for each in own.values()) - sum(lacking)
    if not lacking:
        return f"its data ({human_bytes(there)}) lies there"
    speed = offer.bandwidth or USUAL
    told = f"{human_bytes(sum(lacking))} of data to bring there: about"
    told = f"{told} {human_time(max(1.0, round(sum(lacking) / speed)))} at {human_bytes(speed)}/s"
    return f"{told}; {human_bytes(there)} lie there" if there else told
