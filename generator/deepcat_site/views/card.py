"""A card: what lists, search, feeds and the index of the API say of a module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from deepcat.catalog.values import Module
from deepcat.plan.status import Status
from deepcat_site.views import cite
from deepcat_site.views.measures import Measure, Row, measure, rows
from deepcat_site.views.read import line, mapping, number, texts, web

if TYPE_CHECKING:
    from deepcat.records.record import Record

# What a card keeps of long lists; a module's own page shows all.
MOST_METRICS, MOST_PEOPLE = 12, 20


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
        image: path of its picture below the module's page, or empty.
        sources: the same in the sizes and formats that cards show, beside it.
        metrics: the first few, the main one before the others, as rows of `measures`.
        size: bytes of the model's archive; 0 for no model, -1 where only its address is known.
        cpus: that inference needs; 0 where it is not said.
        memory_MiB: that inference needs; 0 where it is not said.
        proved: ISO date on which a deployment last gave the samples' answers, or empty.
        authors: names.
        organisations: authors that are no persons, and where the others work.
        base: the module, or the address of the model, that it was made from; may be empty.
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
    image: str = ""
    sources: tuple[str, ...] = ()
    metrics: tuple[Row, ...] = ()
    size: int = 0
    cpus: float = 0
    memory_MiB: int = 0
    proved: str = ""
    authors: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    base: str = ""

    @property
    def says_needs(self) -> bool:
        """Whether it is known what inference needs."""
        return bool(self.gpu_MiB or self.cpus or self.memory_MiB)

    @property
    def measure(self) -> Measure | None:
        """The metric that the module names first."""
        return measure(Row(*self.metrics[0])) if self.metrics else None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All metrics that are kept of it."""
        return tuple(measure(Row(*row)) for row in self.metrics)


def card(module: Module, records: Iterable[Record], size: int = -1) -> Card:
    """The card of a module.

    Args:
        module: the module.
        records: of its deployments.
        size: bytes of the model's archive, where its folder holds it.
    """
    data = module.data
    dates = mapping(data.get("dates"))
    mine = [record for record in records if record.state.module == module.name]
    people = cite.authors(module)
    groups = (author.affiliation or ("" if author.family else author.name) for author in people)
    return Card(
        name=module.name,
        title=line(data.get("title"), 120) or module.name,
        summary=line(data.get("summary"), 400),
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
        metrics=rows(data)[:MOST_METRICS],
        size=size if module.model else 0,
        cpus=max(0, number(_inference(module).get("cpu")) or 0),
        memory_MiB=max(0, round(number(_inference(module).get("memory_MB")) or 0)),
        proved=max(
            (line(r.samples.get("at"), 40)[:10] for r in mine if is_verified(r)), default=""
        ),
        authors=tuple(dict.fromkeys(author.name for author in people))[:MOST_PEOPLE],
        organisations=tuple(dict.fromkeys(filter(None, groups)))[:MOST_PEOPLE],
        base=line(data.get("base_model"), 80) or web(mapping(data.get("links")).get("base_model")),
    )


def _inference(module: Module) -> Mapping[str, Any]:
    return mapping(mapping(module.data.get("resources")).get("inference"))


def gpu_memory(module: Module) -> int:
    """Least memory of a GPU that inference needs, MiB; 0 for none, -1 where it is not said."""
    inference = _inference(module)
    if not number(inference.get("gpu")):
        return 0
    memory = number(inference.get("gpu_memory_MB"))
    return round(memory) if memory and memory > 0 else -1


def is_verified(record: Record) -> bool:
    """Whether the last comparison with the samples passed."""
    samples = record.samples
    return bool(samples.get("passed")) and not samples.get("failed")
