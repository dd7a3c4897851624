"""What a module's page shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from deepcat.catalog.values import Module, Sample
from deepcat.clouds.market import Market
from deepcat.plan.values import Status
from deepcat.records.record import Record
from deepcat_site.html import charts, formats
from deepcat_site.html.highlight import highlight
from deepcat_site.values import Settings
from deepcat_site.views import cite
from deepcat_site.views.call import Call, calls, dump
from deepcat_site.views.card import Card, is_verified
from deepcat_site.views.forge import Forge
from deepcat_site.views.read import line, mapping, mappings, number, once, plain, texts, web
from deepcat_site.views.where import Where, where

ANY_REST = "http://HOST:8501"
ANY_GRPC = "HOST:8500"
SHOWN = 1_500


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment of the module, as the records know it."""

    name: str
    module: str
    profile: str
    cloud: str
    shape: str
    status: str
    version: str
    rest: str
    grpc: str
    updated: str
    created: str
    price: float
    verified: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Text that may be long: what is shown of it, and whether it was cut."""

    html: Markup
    cut: bool


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample with its request and its expected answer."""

    name: str
    method: str
    request: Shown
    response: Shown
    tolerance: float


@dataclass(frozen=True, slots=True)
class Metric:
    """Metrics of one data set and split: rows of name and value, and a picture of them."""

    dataset: str
    split: str
    rows: tuple[tuple[str, float], ...]
    plot: Markup


@dataclass(frozen=True, slots=True)
class Cite:
    """How to cite the module."""

    bibtex: str
    apa: str
    cff: str


@dataclass(frozen=True, slots=True)
class Needs:
    """Resources as a table: a column for each of `kinds`, a row for each resource."""

    kinds: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class ModuleView:
    """Everything on a module's page, ready for its template."""

    card: Card
    path: str
    description: Markup
    readme: Markup
    topology: Any
    places: tuple[Place, ...]
    calls: tuple[Call, ...]
    called: Place | None
    tensors: tuple[tuple[str, str, str, str, str], ...]
    samples: tuple[SampleView, ...]
    tryable: bool
    links: tuple[tuple[str, str, str], ...]
    authors: tuple[cite.Author, ...]
    maintainers: tuple[str, ...]
    needs: Needs | None
    wheres: tuple[Where, ...]
    metrics: tuple[Metric, ...]
    changes: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    deprecated: Mapping[str, str]
    provenance: Mapping[str, str]
    cite: Cite
    samples_at: str
    samples_failed: int
    origins: tuple[str, ...]


def module_view(
    module: Module,
    card: Card,
    *,
    description: str,
    readme: str,
    topology: Any,
    records: Sequence[Record],
    market: Market,
    settings: Settings,
) -> ModuleView:
    """Gather a module's page.

    Args:
        module: the module.
        card: its card.
        description: sanitised HTML.
        readme: sanitised HTML.
        topology: its drawing, or None.
        records: of its deployments.
        market: what the clouds offer.
        settings: of the catalog.
    """
    data = module.data
    places = tuple(place(record) for record in records)
    called = next((p for p in places if p.status == Status.RUNNING and p.rest), None)
    ways = calls(
        module, called.rest if called else ANY_REST, (called.grpc if called else "") or ANY_GRPC
    )
    url = f"{settings.site_url}modules/{module.name}/" if settings.site_url else ""
    last = max(
        (record.samples for record in records if record.samples.get("at")),
        key=lambda samples: str(samples["at"]),
        default={},
    )
    return ModuleView(
        card=card,
        path=module.path,
        description=Markup(description),  # noqa: S704 - sanitised
        readme=Markup(readme),  # noqa: S704 - sanitised
        topology=topology,
        places=places,
        calls=ways,
        called=called,
        tensors=tensors(module),
        samples=tuple(sample_view(sample) for sample in module.samples),
        tryable=module.model is not None and bool(module.model.signature),
        links=links(data),
        authors=cite.authors(module),
        maintainers=texts(data.get("maintainers")),
        needs=needs(data),
        wheres=(
            where(module, market),
            *((where(module, market, "train"),) if card.trainable else ()),
        ),
        metrics=metrics(data),
        changes=changes(data),
        deprecated={
            key: line(value) for key, value in mapping(data.get("deprecated")).items() if value
        },
        provenance=provenance(module),
        cite=Cite(
            cite.bibtex(module, url), cite.apa(module, settings.title, url), cite.cff(module, url)
        ),
        samples_at=line(last.get("at"), 25),
        samples_failed=int(number(_count(last.get("failed"))) or 0),
        origins=tuple(sorted({origin(p.rest) for p in places if p.rest})),
    )


def _count(value: Any) -> Any:
    return len(value) if isinstance(value, list | tuple) else value


def origin(address: str) -> str:
    """The scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def place(record: Record) -> Place:
    """A record in the page's words."""
    state = record.state
    rest = web(state.endpoints.get("rest"))
    return Place(
        name=state.name,
        module=state.module,
        profile=state.profile,
        cloud=state.cloud,
        shape=state.shape,
        status=str(state.status),
        version=state.version,
        rest=origin(rest) + urlsplit(rest).path.partition("/v1")[0].rstrip("/") if rest else "",
        grpc=line(state.endpoints.get("grpc")).partition("://")[2]
        or line(state.endpoints.get("grpc")),
        updated=record.updated,
        created=record.created,
        price=record.price_hour,
        verified=is_verified(record),
    )


def tensors(module: Module) -> tuple[tuple[str, str, str, str, str], ...]:
    """Rows of signature, direction, tensor, dtype and shape."""
    rows = []
    for name, signature in (module.model.signature if module.model else {}).items():
        for direction in ("inputs", "outputs"):
            for tensor, spec in mapping(mapping(signature).get(direction)).items():
                shape = mapping(spec).get("shape")
                sizes = [("?" if size == -1 else str(size)) for size in shape or ()]
                rows.append(
                    (
                        line(name, 60),
                        direction,
                        line(tensor, 60),
                        line(mapping(spec).get("dtype"), 20),
                        " × ".join(sizes) or "scalar",
                    )
                )
    return tuple(rows)


def sample_view(sample: Sample) -> SampleView:
    """A sample, its bodies cut where they are long."""
    return SampleView(
        line(sample.name, 120),
        sample.method,
        body(sample.request),
        body(sample.response),
        sample.tolerance,
    )


def body(value: Any) -> Shown:
    """A JSON body, highlighted; on one line where it is short."""
    text = dump(value)
    if len(text) > 88:
        text = _spread(json.dumps(value, ensure_ascii=False, indent=2))
    cut = len(text) > SHOWN
    return Shown(highlight(text[:SHOWN] + ("\n…" if cut else ""), "json"), cut)


def _spread(text: str) -> str:
    """Indented JSON whose lists of plain values stand on one line."""
    import re

    return re.sub(
        r"\[\s+((?:[^\[\]{}\"]|\"(?:[^\"\\]|\\.)*\")*?)\s+\]",
        lambda m: f"[{' '.join(m[1].split())}]" if len(m[1]) < 400 else m[0],
        text,
    )


@once
def links(data: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Rows of kind, address and the host that it leads to."""
    rows = []
    for key, value in mapping(data.get("links")).items():
        for address in [value] if isinstance(value, str) else value or ():
            if web(address):
                rows.append((line(key, 40), web(address), urlsplit(web(address)).netloc))
    return tuple(rows)


_RESOURCES = ("cpu", "memory_MB", "gpu", "gpu_memory_MB", "gpu_compute_capability", "storage_MB")


@once
def resources(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    """What inference and training need, by the field's name; what is not said is left out."""
    found = {}
    for kind in ("inference", "training"):
        given = mapping(mapping(data.get("resources")).get(kind))
        row = {key: amount for key in _RESOURCES if (amount := number(given.get(key))) is not None}
        if row:
            found[kind] = row
    return found


def needs(data: Mapping[str, Any]) -> Needs | None:
    """The resources as a table, or None where nothing is said."""
    found = resources(data)
    rows = [
        (key, tuple(formats.number(row[key]) if key in row else "–" for row in found.values()))
        for key in _RESOURCES
        if any(key in row for row in found.values())
    ]
    return Needs(tuple(found), tuple(rows)) if rows else None


MetricRows = dict[tuple[str, str], list[tuple[str, float]]]


@once
def metric_rows(data: Mapping[str, Any]) -> MetricRows:
    """Data set and split -> rows of name and value."""
    groups: MetricRows = {}
    for item in mappings(data.get("metrics")):
        value = number(item.get("value"))
        if value is not None:
            key = (line(item.get("dataset"), 160), line(item.get("split"), 160))
            groups.setdefault(key, []).append((line(item.get("name"), 60), value))
    return groups


def metrics(data: Mapping[str, Any]) -> tuple[Metric, ...]:
    """Metrics by data set and split, each with its picture."""
    return tuple(
        Metric(
            dataset,
            split,
            tuple(rows),
            charts.bars([charts.Bar(name, value) for name, value in rows], dataset),
        )
        for (dataset, split), rows in metric_rows(data).items()
    )


def changes(data: Mapping[str, Any]) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Rows of version, date and its changes as kind and text, in the file's order."""
    versions: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for item in mappings(data.get("changes")):
        version = line(item.get("version"), 60)
        _, rows = versions.setdefault(version, (line(item.get("date"), 10), []))
        rows.append((line(item.get("kind"), 20), plain(item.get("text"))))
    return tuple((version, date, tuple(rows)) for version, (date, rows) in versions.items())


def provenance(module: Module) -> Mapping[str, str]:
    """Where the model comes from, by the field's name."""
    training = mapping(module.data.get("training"))
    found = {
        "format": module.model.format if module.model else "",
        "archive": (module.model.path or module.model.source) if module.model else "",
        "sha256": module.model.sha256 if module.model else "",
        "script": line(training.get("script"), 200),
        "seed": line(training.get("seed"), 40),
        "digest": module.digest,
    }
    return {key: value for key, value in found.items() if value}


def edit_links(module: Module, forge: Forge) -> Mapping[str, str]:
    """Where to see the source, change it, and report something."""
    return {
        "source": forge.tree(module.path),
        "people": forge.people(),
        "script": _file(module, forge, mapping(module.data.get("training")).get("script")),
        "archive": _file(module, forge, module.model.path if module.model else ""),
        "edit": forge.edit(f"{module.path}/module.yaml"),
        "report": forge.issue(
            f"{module.name}: ",
            f"Module `{module.name}` {module.version}\n\nWhat is wrong, and where?\n",
        ),
    }


def _file(module: Module, forge: Forge, name: Any) -> str:
    """Where to see a file of the module's folder; empty for what is none."""
    path = line(name, 200)
    inside = path and not path.startswith("/") and ".." not in path.split("/") and ":" not in path
    return forge.blob(f"{module.path}/{path}") if inside else ""
