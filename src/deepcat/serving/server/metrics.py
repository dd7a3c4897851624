"""Counters and histograms in Prometheus' text form, named as TensorFlow Serving names them."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Labels = tuple[tuple[str, str], ...]

# Microseconds.
LATENCY_BUCKETS = tuple(10 * 1.8**power for power in range(33))


@dataclass(slots=True)
class Counter:
    """A number for each set of labels that only grows."""

    name: str
    values: dict[Labels, float] = field(default_factory=dict)

    def add(self, labels: Mapping[str, str], amount: float = 1) -> None:
        """Let it grow."""
        key = tuple(labels.items())
        self.values[key] = self.values.get(key, 0) + amount

    def lines(self) -> list[str]:
        """The lines of this metric."""
        name = metric_name(self.name)
        rows = [f"{name}{_braces(labels)} {_number(v)}" for labels, v in self.values.items()]
        return [f"# TYPE {name} counter", *rows]


@dataclass(slots=True)
class Histogram:
    """Counts of samples below each bound, for each set of labels."""

    name: str
    bounds: Sequence[float]
    # labels -> (count in each bucket, the last one without bound; sum of all samples)
    values: dict[Labels, tuple[list[int], float]] = field(default_factory=dict)

    def add(self, labels: Mapping[str, str], sample: float) -> None:
        """Count one sample; a sample equal to a bound lies above it."""
        key = tuple(labels.items())
        counts, total = self.values.get(key) or ([0] * (len(self.bounds) + 1), 0.0)
        position = bisect_left(self.bounds, sample)
        if position < len(self.bounds) and self.bounds[position] == sample:
            position += 1
        counts[position] += 1
        self.values[key] = (counts, total + sample)

    def lines(self) -> list[str]:
        """The lines of this metric."""
        name = metric_name(self.name)
        rows = [f"# TYPE {name} histogram"]
        for labels, (counts, total) in self.values.items():
            below = 0
            for bound, count in zip((*map(_number, self.bounds), "+Inf"), counts, strict=True):
                below += count
                rows.append(f"{name}_bucket{_braces((*labels, ('le', bound)))} {below}")
            rows.append(f"{name}_sum{_braces(labels)} {_number(total)}")
            rows.append(f"{name}_count{_braces(labels)} {below}")
        return rows


class Metrics:
    """What the server counts of its requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = Counter("/tensorflow/serving/request_count")
        self._latency = Histogram("/tensorflow/serving/request_latency", LATENCY_BUCKETS)

    def request(self, model: str, api: str, entry: str, status: str, seconds: float) -> None:
        """Count one request that was for a model that there is."""
        with self._lock:
            self._requests.add({"model_name": model, "status": status})
            self._latency.add({"model_name": model, "API": api, "entrypoint": entry}, seconds * 1e6)

    def text(self) -> str:
        """All metrics as Prometheus reads them."""
        with self._lock:
            return "\n".join([*self._requests.lines(), *self._latency.lines()]) + "\n"


def metric_name(path: str) -> str:
    """A metric's name as Prometheus allows it: what it does not allow becomes a colon."""
    name = re.sub(r"[^a-zA-Z0-9_]", ":", path)
    return f"_{name}" if name[:1].isdigit() else name


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{metric_name(k)}="{_escaped(v)}"' for k, v in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
