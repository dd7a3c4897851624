"""A card: what lists, search, feeds and the index of the API say of a module."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from deepcat.catalog.values import Module
from deepcat.plan.values import Status
from deepcat.records.record import Record
from deepcat_site.views.read import line, mapping, mappings, number, texts


class Card(NamedTuple):
    """One module in short.

    Attributes:
        name: the module's.
        title: one line.
        summary: one line.
        version: SemVer.
        license: SPDX expression.
        created: ISO date, or empty.
        updated: ISO date, or empty.
        tasks: as the module lists them; so are the next four.
        libraries: of software.
        data_types: kinds of data.
        categories: of the catalog.
        tags: free words.
        gpu_MiB: least memory of a GPU that inference needs; 0 for none needed, -1 where the
            module asks for a GPU and does not say how large.
        runs: deployments that run now.
        trainable: whether it can be retrained.
        verified: whether a deployment gave the samples' answers.
        deprecated: whether it is.
        metric: the first metric's name, or empty.
        score: the first metric's value.
        image: path of its picture below the module's page, or empty.
    """

    name: str
    title: str
    summary: str
    version: str
    license: str
    created: str
    updated: str
    tasks: tuple[str, ...]
    libraries: tuple[str, ...]
    data_types: tuple[str, ...]
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    gpu_MiB: int
    runs: int
    trainable: bool
    verified: bool
    deprecated: bool
    metric: str
    score: float
    image: str = ""


def card(module: Module, records: Iterable[Record]) -> Card:
    """The card of a module, given the records of its deployments."""
    data = module.data
    dates = mapping(data.get("dates"))
    mine = [record for record in records if record.state.module == module.name]
    metric = next(iter(mappings(data.get("metrics"))), {})
    return Card(
        name=module.name,
        title=line(data.get("title"), 120) or module.name,
        summary=line(data.get("summary"), 240),
        version=module.version,
        license=line(data.get("license"), 80),
        created=line(dates.get("created"), 10),
        updated=line(dates.get("updated"), 10),
        tasks=texts(data.get("tasks")),
        libraries=texts(data.get("libraries")),
        data_types=texts(data.get("data-type")),
        categories=texts(data.get("categories")),
        tags=texts(data.get("tags")),
        gpu_MiB=gpu_memory(module),
        runs=sum(record.state.status is Status.RUNNING for record in mine),
        trainable=bool(data.get("training")) or "AI4 trainable" in texts(data.get("categories")),
        verified=any(is_verified(record) for record in mine),
        deprecated=bool(data.get("deprecated")),
        metric=line(metric.get("name"), 40),
        score=number(metric.get("value")) or 0.0,
    )


def gpu_memory(module: Module) -> int:
    """Least memory of a GPU that inference needs, MiB; 0 for none, -1 where it is not said."""
    inference = mapping(mapping(module.data.get("resources")).get("inference"))
    if not number(inference.get("gpu")):
        return 0
    memory = number(inference.get("gpu_memory_MB"))
    return round(memory) if memory and memory > 0 else -1


def is_verified(record: Record) -> bool:
    """Whether the last comparison with the samples passed."""
    samples = record.samples
    return bool(samples.get("passed")) and not samples.get("failed")
