"""Figures in Prometheus' text format, as node_exporter's textfile collector reads them. Pure.

Label values may be text of others: what would end a line or a value is escaped, and what a
terminal would obey is shown as its number. No sample has a timestamp, which that collector refuses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deepcat.plain import plain

_LONG = 200
_METRIC = re.compile(r"[a-z_][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of a family.

    Attributes:
        labels: what it is of; names are ours, values may be anybody's.
        value: the figure.
    """

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """All samples of one name.

    Attributes:
        name: the metric's; a counter's ends in `_total`.
        help: what it says, one sentence.
        samples: no two of the same labels.
        kind: ``gauge`` or ``counter``.
    """

    name: str
    help: str
    samples: tuple[Sample, ...]
    kind: str = "gauge"


def text(families: Iterable[Family]) -> str:
    """The families as a file; those without a sample are left out."""
    return "".join(_family(each) for each in families if each.samples)


def _family(family: Family) -> str:
    if not _METRIC.match(family.name):
        raise ValueError(f"{family.name!r} is no name of a metric")
    lines = [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
    lines += [
        f"{family.name}{_labels(each.labels)} {_number(each.value)}" for each in family.samples
    ]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def escaped(value: str) -> str:
    """A label's value between its quotation marks."""
    shown = plain(value[:_LONG].replace("\n", " "))
    return shown.replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)
