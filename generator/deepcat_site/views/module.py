"""What a module's page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from deepcat.catalog.values import Module, Sample
from deepcat.plan.values import Status
from deepcat.records.record import Record
from deepcat_site.views.call import Call, calls
from deepcat_site.views.card import Card
from deepcat_site.views.read import line, mapping, mappings, plain, texts, web

ANY_REST = "http://HOST:8501"
ANY_GRPC = "HOST:8500"


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment of the module, as the records know it."""

    name: str
    cloud: str
    shape: str
    status: str
    version: str
    rest: str
    grpc: str
    updated: str
    price: float


@dataclass(frozen=True, slots=True)
class ModuleView:
    """Everything on a module's page, ready for its template."""

    card: Card
    description: str
    readme: Markup
    places: tuple[Place, ...]
    calls: tuple[Call, ...]
    samples: tuple[Sample, ...]
    links: tuple[tuple[str, str], ...]
    authors: tuple[Mapping[str, str], ...]
    maintainers: tuple[str, ...]
    resources: Mapping[str, Mapping[str, Any]]
    metrics: tuple[Mapping[str, Any], ...]
    changes: tuple[Mapping[str, Any], ...]
    deprecated: Mapping[str, str]
    signature: Mapping[str, Any]


def module_view(
    module: Module, card: Card, readme: Markup, records: Sequence[Record]
) -> ModuleView:
    """Gather a module's page.

    Args:
        module: the module.
        card: its card.
        readme: sanitised HTML.
        records: of its deployments.
    """
    data = module.data
    places = tuple(place(record) for record in records)
    running = next((p for p in places if p.status == Status.RUNNING and p.rest), None)
    rest, grpc = (running.rest, running.grpc) if running else (ANY_REST, ANY_GRPC)
    return ModuleView(
        card=card,
        description=plain(data.get("description")),
        readme=readme,
        places=places,
        calls=calls(module, rest, grpc or ANY_GRPC),
        samples=module.samples,
        links=tuple(
            (line(key, 40), address)
            for key, value in mapping(data.get("links")).items()
            if (address := web(value))
        ),
        authors=tuple(
            {key: line(author.get(key)) for key in ("name", "orcid", "affiliation")}
            for author in mappings(data.get("authors"))
        ),
        maintainers=texts(data.get("maintainers")),
        resources={
            kind: mapping(mapping(data.get("resources")).get(kind))
            for kind in ("inference", "training")
        },
        metrics=mappings(data.get("metrics")),
        changes=mappings(data.get("changes")),
        deprecated={key: line(value) for key, value in mapping(data.get("deprecated")).items()},
        signature=module.model.signature if module.model else {},
    )


def place(record: Record) -> Place:
    """A record in the page's words."""
    state = record.state
    return Place(
        name=state.name,
        cloud=state.cloud,
        shape=state.shape,
        status=str(state.status),
        version=state.version,
        rest=web(state.endpoints.get("rest")).rstrip("/"),
        grpc=line(state.endpoints.get("grpc")),
        updated=record.updated,
        price=record.price_hour,
    )
