"""What a module's page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from deepcat.catalog.lineage import Version
from deepcat.catalog.values import Module, trains
from deepcat.clouds.market import Market
from deepcat.plan.status import Status
from deepcat_site.values import Settings
from deepcat_site.views import cite
from deepcat_site.views.call import Calls, calls
from deepcat_site.views.card import Card
from deepcat_site.views.download import Download, download
from deepcat_site.views.drawn import drawn_pairs
from deepcat_site.views.facts import (
    Deprecation,
    Needs,
    changes,
    deprecation,
    links,
    needs,
    provenance,
)
from deepcat_site.views.forge import Forge
from deepcat_site.views.measures import Measure, groups, measures
from deepcat_site.views.operations import Operation, operations
from deepcat_site.views.place import Place, origin, place
from deepcat_site.views.read import line, mapping, number, texts
from deepcat_site.views.samples import SampleView, called_with, sample_view, tensors
from deepcat_site.views.trainings import Origin, Row, columns, unusual
from deepcat_site.views.where import Where, where

if TYPE_CHECKING:
    from deepcat.records.record import Record

# Where `deepcat serve` answers on the reader's own machine.
NEAR_REST = "http://127.0.0.1:8501"
NEAR_GRPC = "127.0.0.1:8500"
# Things that a sample asks about, drawn first on the page.
_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Cite:
    """How to cite the module."""

    bibtex: str
    apa: str
    cff: str


@dataclass(frozen=True, slots=True)
class ModuleView:
    """Everything on a module's page, ready for its template."""

    card: Card
    path: str
    description: Markup
    readme: Markup
    topology: Any
    places: tuple[Place, ...]
    calls: Calls
    called: Place | None
    tensors: tuple[tuple[str, str, str, str, str], ...]
    operations: tuple[Operation, ...]
    samples: tuple[SampleView, ...]
    shown: tuple[tuple[Markup, Markup], ...]
    called_with: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    download: Download | None
    versions: tuple[Version, ...]
    trainings: tuple[Row, ...]
    trained_by: list[str]
    trained_with: tuple[str, ...]
    origin: Origin | None
    tryable: bool
    deployable: bool
    retrainable: bool
    links: tuple[tuple[str, str, str], ...]
    authors: tuple[cite.Author, ...]
    maintainers: tuple[str, ...]
    needs: Needs | None
    wheres: tuple[Where, ...]
    metrics: Mapping[tuple[str, str], Sequence[Measure]]
    changes: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    deprecated: Deprecation | None
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
    archive_size: int = 0,
    versions: Sequence[Version] = (),
    trainings: Sequence[Row] = (),
    came: Origin | None = None,
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
        archive_size: bytes of the model's archive in the module's folder; 0 where none lies there.
        versions: that it has had, the newest first; none where they are not known.
        trainings: the newest of them.
        came: where the version came from, where that is known.
    """
    data = module.data
    places = tuple(place(record) for record in records)
    called = next((p for p in places if p.status == Status.RUNNING and p.rest), None)
    ways = calls(module, called.rest if called else NEAR_REST, called.grpc if called else NEAR_GRPC)
    url = f"{settings.site_url}modules/{module.name}/" if settings.site_url else ""
    last = max(
        (record.samples for record in records if record.samples.get("at")),
        key=lambda samples: str(samples["at"]),
        default={},
    )
    # What has no topology cannot be deployed.
    profiles = ("serve", "train")[: 1 + card.trainable] if module.topology else ()
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
        operations=operations(module),
        samples=tuple(sample_view(module, n, each) for n, each in enumerate(module.samples, 1)),
        shown=drawn_pairs(module, module.samples[0], _SHOWN) if module.samples else (),
        called_with=called_with(module),
        download=download(module, archive_size, Forge.of(settings)),
        versions=tuple(each for each in versions if each.version != module.version),
        trainings=tuple(trainings),
        trained_by=columns(trainings)[0],
        trained_with=tuple(unusual(each, data) for each in trainings),
        origin=came,
        deployable=bool(module.topology),
        retrainable=trains(data) or bool(topology and "train" in topology.profiles),
        tryable=module.model is not None and bool(module.model.signature),
        links=links(data),
        authors=cite.authors(module),
        maintainers=texts(data.get("maintainers")),
        needs=needs(data),
        wheres=tuple(where(module, market, profile) for profile in profiles),
        metrics=groups(measures(data)),
        changes=changes(data),
        deprecated=deprecation(data) if card.deprecated else None,
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
