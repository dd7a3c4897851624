"""A match as a table for a person, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from deepcat.clouds.checks import hardware
from deepcat.clouds.market import Scored
from deepcat.clouds.match import Match
from deepcat.clouds.offers import Offer
from deepcat.plain import plain
from deepcat.quantities import human_memory, human_time

MATCH_FORMAT = "deepcat-match/v1"


def as_text(match: Match, currency: str, most: int = 20) -> str:
    """The offers that meet the request, best first, and why the others do not; part by part.

    Args:
        most: at most so many lines of each; what is left out is counted.
    """
    if match.parts:
        tables = (f"{plain(n)}:\n{_table(each, currency, most)}" for n, each in match.parts)
        return "\n".join(tables)
    return _table(match, currency, most)


def _table(match: Match, currency: str, most: int) -> str:
    ranked, rejected = match.scored, tuple(match.rejected)
    lines: list[str] = []
    if ranked:
        head = ("", "offer", "hardware", f"{currency} an hour", "wait", "SLA", "useful hour")
        rows = [_row(place, scored) for place, scored in enumerate(ranked[:most], 1)]
        lines += _columns([head, *rows])
        lines += _more(len(ranked) - most)
    else:
        lines.append("No offer meets the request.")
    if rejected:
        lines += ["", "Not usable:"]
        for each in islice(rejected, most):
            where = f"{each.cloud}/{each.shape}" if each.shape else each.cloud
            lines.append(f"  {where}: {'; '.join(each.reasons)}")
        lines += _more(len(rejected) - most)
    return "\n".join(plain(line) for line in lines) + "\n"


def as_json(match: Match, currency: str) -> dict[str, Any]:
    """What `match.schema.json` describes."""
    return {
        "format": MATCH_FORMAT,
        "currency": currency,
        **_answer(match),
        "parts": [{"part": name, **_answer(each)} for name, each in match.parts],
    }


def _answer(match: Match) -> dict[str, Any]:
    return {
        "ranked": [_scored(scored) for scored in match.scored],
        "rejected": [
            {"cloud": each.cloud, "shape": each.shape, "reasons": list(each.reasons)}
            for each in match.rejected
        ],
    }


def offer_facts(offer: Offer) -> dict[str, Any]:
    """What a reader wants to know of an offer, but for what it costs."""
    return {
        "cloud": offer.cloud,
        "shape": offer.shape,
        "kind": offer.kind,
        "region": offer.region,
        "accelerator": offer.accelerator,
        "accelerators": offer.accelerators,
        "accelerator_memory_MiB": offer.memory_MiB_each,
        "cpus": offer.cpus,
        "memory_MiB": offer.memory_MiB,
        "free": offer.free,
        "wait_s": offer.wait_s,
        "sla": offer.sla,
        "failure_rate": round(offer.failure_rate, 6),
    }


def _scored(scored: Scored) -> dict[str, Any]:
    return {
        **offer_facts(scored.offer),
        "hosts": scored.hosts,
        "price_hour": round(scored.price_hour, 6),
        "score": round(scored.score, 6),
    }


def _row(place: int, scored: Scored) -> tuple[str, ...]:
    offer = scored.offer
    machine = f"{offer.cpus:g} cores, {human_memory(offer.memory_MiB)}"
    kind = f"{hardware(offer)}, {machine}" if offer.accelerators else machine
    return (
        str(place),
        f"{offer.cloud}/{offer.shape}",
        f"{scored.hosts} hosts: {kind}" if scored.hosts > 1 else kind,
        f"{scored.price_hour:.4g}",
        human_time(offer.wait_s) if offer.wait_s else "none",
        f"{offer.sla:.2%}" if offer.sla else "none",
        f"{scored.score:.4g}",
    )


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _more(left: int) -> list[str]:
    return [f"  … and {left} more; --all shows them"] if left > 0 else []
