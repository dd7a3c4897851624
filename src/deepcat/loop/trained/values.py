"""What a training made, and what of it is proposed: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from deepcat.loop.trained.plots import Plots

_NO_PLOTS = Plots()


class Verdict(StrEnum):
    """What a new figure is beside the old one."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNTOLD = "untold"


class Wish(StrEnum):
    """When a training is proposed."""

    BETTER = "better"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Output:
    """What a training left, as far as it is taken.

    Attributes:
        archive: the model's archive, a copy of our own.
        sha256: of it.
        size: its bytes.
        signature: what the model takes and gives, as `module.yaml` has it; empty where its form
            tells none.
        metrics: name -> value, as the training says.
        curves: name -> points, (step, value), at most `MOST_POINTS`.
        measured: metrics of this model, measured by `training.evaluate` from outside of the script.
        measured_before: those of the model before, on the same data.
        plots: a confusion matrix and residuals, where there are some.
        unmeasured: why the model was not measured; empty where it was, or nobody asked for it.
    """

    archive: Path
    sha256: str
    size: int
    signature: Mapping[str, Any]
    metrics: Mapping[str, float]
    curves: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    measured_before: Mapping[str, float] = field(default_factory=dict)
    unmeasured: str = ""
    plots: Plots = _NO_PLOTS


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric before and after.

    Attributes:
        index: where it stands in the module's `metrics`.
        name: the metric's.
        before: as it was measured of the model before, else as its version states it.
        after: as it was measured, else as the training says; None where nothing is known of it.
        higher_is_better: None where the module does not say.
        tolerance: how far a training that is made again may be off.
        stated: as the version before states it; None where that is what `before` is.
        said: as the training says, where it was measured otherwise; else None.
        is_measured: whether `after` was measured.
    """

    index: int
    name: str
    before: float
    after: float | None
    higher_is_better: bool | None
    tolerance: float
    stated: float | None = None
    said: float | None = None
    is_measured: bool = False

    @property
    def is_news(self) -> bool:
        """Whether the module's file says otherwise."""
        known = self.before if self.stated is None else self.stated
        return self.after is not None and self.after != known

    @property
    def change(self) -> float:
        """After minus before; 0 where nothing is said of it."""
        return 0.0 if self.after is None else self.after - self.before

    @property
    def is_within(self) -> bool:
        """Whether both are as good as equal, by the tolerance."""
        return self.after is not None and abs(self.change) <= self.tolerance

    @property
    def verdict(self) -> Verdict:
        """Whether it is better."""
        if self.after is None or self.higher_is_better is None:
            return Verdict.UNTOLD
        if not self.change:
            return Verdict.SAME
        return Verdict.BETTER if (self.change > 0) is self.higher_is_better else Verdict.WORSE


@dataclass(frozen=True, slots=True)
class Answered:
    """What the new model answers to one sample.

    Attributes:
        name: the sample's.
        body: the answer.
        differs: how it differs from the expected one beyond the tolerance; empty where it passes.
    """

    name: str
    body: Mapping[str, Any]
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a training came to be.

    Attributes:
        id: of the training.
        deployment: whose it is.
        module: the module's name.
        version: that was trained.
        commit: of the catalog.
        inputs: by name.
        seed: None where the module names none.
        lock: sha256 of its lock; empty where it has none.
        cloud: where it ran.
        shape: of the host.
        attempts: how many it took.
        ended: ISO 8601 instant.
        duration_s: None where nobody knows.
        cost: None where nobody knows.
        currency: of the cost.
        hardware: what it ran on, as far as it is known.
        data: name -> address or data set.
        energy: that it took, as `records.energy` tells it.
        began: ISO 8601 instant of its first attempt; empty where nobody knows.
        begins_from: version whose model it began from; empty for none.
        uploaded: address below which all that it made lies; empty for none.
    """

    id: str
    deployment: str
    module: str
    version: str
    commit: str
    inputs: Mapping[str, Any]
    seed: int | None
    lock: str
    cloud: str
    shape: str
    ended: str
    attempts: int = 1
    duration_s: float | None = None
    cost: float | None = None
    currency: str = ""
    hardware: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    energy: Mapping[str, Any] = field(default_factory=dict)
    began: str = ""
    begins_from: str = ""
    uploaded: str = ""

    def as_run(self) -> dict[str, Any]:
        """`training.run` of a `module.yaml`: what is known of it, and nothing else."""
        hardware = {"cloud": self.cloud, "shape": self.shape, **self.hardware}
        data: dict[str, Any] = {
            "id": self.id,
            "commit": self.commit,
            "from": self.version,
            "begins_from": self.begins_from,
            "lock": self.lock,
            "inputs": dict(self.inputs),
            "data": dict(self.data),
            "seed": self.seed,
            "hardware": {key: value for key, value in hardware.items() if value},
            "attempts": self.attempts,
            "ended": self.ended,
            "duration_s": self.duration_s,
            "energy_kWh": self.energy.get("kWh"),
            "energy_from": list(self.energy.get("from") or ()),
            "emissions_kg": self.energy.get("carbon_kg"),
            "carbon_g_per_kWh": self.energy.get("carbon_g_per_kWh"),
        }
        if self.cost is not None and self.currency:
            data["cost"] = {"amount": round(self.cost, 4), "currency": self.currency}
        return {key: value for key, value in data.items() if value not in (None, "", {}, [])}
