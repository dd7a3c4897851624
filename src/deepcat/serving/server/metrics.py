"""What a server counts, in Prometheus' text form and by TensorFlow Serving's names."""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from deepcat.serving.models.servable import Servable

Labels = tuple[tuple[str, str], ...]


def _powers(first: float, factor: float, count: int) -> tuple[float, ...]:
    return tuple(first * factor**power for power in range(count))


# Microseconds.
LATENCY_BUCKETS = _powers(10, 1.8, 33)
# What batching measures, the first in microseconds, the others in rows.
_BATCHING = {
    "queuing_latency": _powers(100, 1.2, 52),
    "input_batch_size": _powers(1, 2, 15),
    "processed_batch_size": _powers(1, 2, 15),
    "padding_size": _powers(1, 2, 15),
}


@dataclass(slots=True)
class Counter:
    """A number for each set of labels that only grows."""

    name: str
    values: dict[Labels, float] = field(default_factory=dict)

    def add(self, key: Labels, amount: float = 1) -> None:
        """Let it grow."""
        self.values[key] = self.values.get(key, 0) + amount

    def lines(self) -> list[str]:
        """The lines of this metric."""
        name = metric_name(self.name)
        rows = [f"{name}{_braces(labels)} {_number(v)}" for labels, v in self.values.items()]
        return [f"# TYPE {name} counter", *rows]


@dataclass(slots=True)
class Gauge:
    """A number for each set of labels that goes up and down."""

    name: str
    values: dict[Labels, float] = field(default_factory=dict)

    def put(self, key: Labels, value: float) -> None:
        """Set it."""
        self.values[key] = value

    def lines(self) -> list[str]:
        """The lines of this metric."""
        name = metric_name(self.name)
        rows = [f"{name}{_braces(labels)} {_number(v)}" for labels, v in self.values.items()]
        return [f"# TYPE {name} gauge", *rows]


@dataclass(slots=True)
class _Samples:
    """How many samples lie in each bucket, the last one without bound, and the sum of all."""

    counts: list[int]
    total: float = 0.0


@dataclass(slots=True)
class Histogram:
    """Counts of samples below each bound, for each set of labels."""

    name: str
    bounds: Sequence[float]
    values: dict[Labels, _Samples] = field(default_factory=dict)

    def add(self, key: Labels, sample: float) -> None:
        """Count one sample; a sample equal to a bound lies above it."""
        found = self.values.get(key)
        if found is None:
            found = self.values[key] = _Samples([0] * (len(self.bounds) + 1))
        found.counts[bisect_right(self.bounds, sample)] += 1
        found.total += sample

    def lines(self) -> list[str]:
        """The lines of this metric."""
        name = metric_name(self.name)
        rows = [f"# TYPE {name} histogram"]
        for labels, samples in self.values.items():
            below = 0
            bounds = (*map(_number, self.bounds), "+Inf")
            for bound, count in zip(bounds, samples.counts, strict=True):
                below += count
                rows.append(f"{name}_bucket{_braces((*labels, ('le', bound)))} {below}")
            rows.append(f"{name}_sum{_braces(labels)} {_number(samples.total)}")
            rows.append(f"{name}_count{_braces(labels)} {below}")
        return rows


_STATUS = ("model_name", "status")
_LATENCY = ("model_name", "API", "entrypoint")
_RUNTIME = ("model_name", "API", "runtime")


@lru_cache(1024)
def _labels(names: tuple[str, ...], *values: str) -> Labels:
    return tuple(zip(names, values, strict=True))


class Metrics:
    """What the server counts; it watches the models that it loads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        serving = "/tensorflow/serving/"
        self._requests = Counter(f"{serving}request_count")
        self._latency = Histogram(f"{serving}request_latency", LATENCY_BUCKETS)
        self._runtime = Histogram(f"{serving}runtime_latency", LATENCY_BUCKETS)
        self._examples = Histogram(f"{serving}request_example_counts", _powers(1, 2, 15))
        self._examples_total = Counter(f"{serving}request_example_count_total")
        self._warm_up = Histogram(f"{serving}model_warmup_latency", LATENCY_BUCKETS)
        # No request is ever logged; who asks for the number is told so.
        self._logged = Counter(f"{serving}request_log_count")
        self._batches = {
            name: Histogram(f"{serving}batching_session/{name}", bounds)
            for name, bounds in _BATCHING.items()
        }
        self._batch_runs = Counter(f"{serving}batching_session/wrapped_run_count")
        self._graph_runs = Counter("/tensorflow/core/graph_runs")
        self._graph_time = Counter("/tensorflow/core/graph_run_time_usecs")
        self._loads = Counter("/tensorflow/cc/saved_model/load_attempt_count")
        self._load_time = Counter("/tensorflow/cc/saved_model/load_latency")

    def request(self, model: str, api: str, entry: str, status: str, seconds: float) -> None:
        """Count one request that was for a model that there is."""
        with self._lock:
            self._requests.add(_labels(_STATUS, model, status))
            self._latency.add(_labels(_LATENCY, model, api, entry), seconds * 1e6)

    def ran(self, model: str, api: str, seconds: float, examples: int) -> None:
        """Count one run of a graph, and the examples that it was for."""
        labels = _labels(_RUNTIME, model, api, "TF1")
        with self._lock:
            self._runtime.add(labels, seconds * 1e6)
            self._graph_runs.add(())
            self._graph_time.add((), int(seconds * 1e6))
            if examples:
                self._examples.add((("model", model),), examples)
                self._examples_total.add((("model", model),), examples)

    def batch(self, name: str, amount: float) -> None:
        """Count what batching measures: a time in microseconds, or rows."""
        with self._lock:
            self._batches[name].add((), amount)
            if name == "processed_batch_size":
                self._batch_runs.add(())

    def loading(self, path: Path, load: Callable[[], Servable]) -> Servable:
        """Load a version of a model, count that, and watch it from then on.

        Raises:
            ServingError: from `load`.
        """
        begun = time.perf_counter()
        status = "fail"
        try:
            servable = load()
            status = "success"
        finally:
            with self._lock:
                self._loads.add((("model_path", str(path)), ("status", status)))
                microseconds = int((time.perf_counter() - begun) * 1e6)
                self._load_time.add((("model_path", str(path)),), microseconds)
        if servable.warmed_s:
            labels = (("model_path", str(path)), ("status", "OK"))
            with self._lock:
                self._warm_up.add(labels, servable.warmed_s * 1e6)
        servable.observer = self
        return servable

    def text(self) -> str:
        """All metrics as Prometheus reads them, by name."""
        with self._lock:
            found = [each for each in vars(self).values() if isinstance(each, Counter | Histogram)]
            found += self._batches.values()
            lines = [line for each in sorted(found, key=_name) for line in each.lines()]
        return "\n".join(lines) + "\n"


def _name(metric: Counter | Histogram) -> str:
    return metric.name


def metric_name(path: str) -> str:
    """A metric's name as Prometheus allows it: what it does not allow becomes a colon."""
    name = re.sub(r"[^a-zA-Z0-9_]", ":", path)
    return f"_{name}" if name[:1].isdigit() else name


def label_name(name: str) -> str:
    """A label's name as Prometheus allows it: what it does not allow becomes an underscore."""
    name = re.sub(r"[^a-zA-Z0-9]", "_", name)
    return f"_{name}" if name[:1].isdigit() else name


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{label_name(k)}="{_escaped(v)}"' for k, v in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
