"""The matcher's answers for common requests, worked out beforehand for the deploy wizard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deepcat.catalog.values import AcceleratorRequest
from deepcat.clouds.market import Market
from deepcat.clouds.match import match
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request, Unit, tiers

MEMORIES_GiB = (0, 8, 16, 24, 40, 80)
COUNTS = (1, 2, 4, 8)


def table(market: Market, profiles: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """`/api/v1/match.json`.

    Args:
        market: what the clouds offer.
        profiles: cloud's name -> profiles that it takes; empty for all.
    """
    places = {(offer.cloud, offer.shape): at for at, offer in enumerate(market.offers)}
    models = sorted({offer.accelerator for offer in market.offers if offer.accelerators})
    reasons: dict[str, int] = {}
    answers = {key: _answer(request, market, places, reasons) for key, request in _requests(models)}
    return {
        "format": "deepcat-api/v1",
        "memories": list(MEMORIES_GiB),
        "counts": list(COUNTS),
        "models": models,
        "offers": [_offer(offer) for offer in market.offers],
        "clouds": {cloud: {"profiles": list(profiles.get(cloud, ()))} for cloud in market.clouds},
        "reasons": list(reasons),
        "answers": answers,
    }


def _offer(offer: Offer) -> list[Any]:
    return [
        offer.cloud,
        offer.shape,
        offer.price,
        offer.accelerators,
        offer.accelerator,
        offer.memory_MiB_each,
        offer.cpus,
        offer.memory_MiB,
    ]


def _requests(models: Sequence[str]) -> Iterable[tuple[str, Request]]:
    yield "0", Request()
    for count in COUNTS:
        unit = (Unit(accelerators=count),)
        for memory in MEMORIES_GiB:
            wanted = AcceleratorRequest(count=count, memory_MiB=memory * 1024)
            yield f"{count}/{memory}", Request(units=unit, accelerator=wanted)
        for model in models:
            wanted = AcceleratorRequest(count=count, models=(model,))
            yield (
                f"{count}/{model}",
                Request(units=unit, accelerator=wanted, tiers=tiers((model,))),
            )


def _answer(
    request: Request,
    market: Market,
    places: Mapping[tuple[str, str], int],
    reasons: dict[str, int],
) -> dict[str, Any]:
    answer = match(request, market)
    rejected: list[list[int]] = []
    for each in answer.rejected:
        numbers = [reasons.setdefault(words, len(reasons)) for words in each.reasons]
        shapes = (
            [each.shape] if each.shape else [offer.shape for offer in market.clouds[each.cloud]]
        )
        rejected.extend([places[each.cloud, shape], *numbers] for shape in shapes)
    return {
        "ranked": [places[offer.cloud, offer.shape] for offer in answer.ranked],
        "rejected": rejected,
    }
