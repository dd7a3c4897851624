"""The files of one module: its page, its documents for machines, its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from deepcat.catalog.about import described
from deepcat.catalog.converting.ai4os import export
from deepcat.catalog.findings import Finding
from deepcat.catalog.lineage import Version
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Module
from deepcat.clouds.market import Market
from deepcat.openapi.document import document as openapi_document
from deepcat_site import terms
from deepcat_site.api import badges, fields, linked
from deepcat_site.api.crate import ro_crate
from deepcat_site.api.croissant import croissant
from deepcat_site.api.document import compact, module_document
from deepcat_site.api.feeds import module_feed
from deepcat_site.html import markup
from deepcat_site.html.frame import Frame
from deepcat_site.modules.used import Used
from deepcat_site.pictures import Pictures
from deepcat_site.views.bodies import long_bodies
from deepcat_site.views.card import Card, card
from deepcat_site.views.check import SHOWN
from deepcat_site.views.compared import prices
from deepcat_site.views.drawn import drawn
from deepcat_site.views.facts import changes
from deepcat_site.views.forge import Forge
from deepcat_site.views.links import PICTURES, Links
from deepcat_site.views.module import ModuleView, edit_links, module_view
from deepcat_site.views.read import line, plain
from deepcat_site.views.readme import readme
from deepcat_site.views.topology import TopologyView, topology_view
from deepcat_site.views.trainings import Origin, Row
from deepcat_site.views.where import Where

if TYPE_CHECKING:
    from deepcat.records.record import Record

_SAMPLES = "/samples/"
_TRIED = 3


@dataclass(slots=True)
class Made:
    """What one module gave.

    Attributes:
        card: for lists and search.
        files: path below the root -> content.
        findings: what was found while drawing it.
        drawn: its first sample, for its card; empty where it has a picture.
        words: what it is found by, as `fields.Row` dumps it.
    """

    card: Card
    files: dict[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    drawn: Markup = field(default_factory=Markup)
    words: str = ""

    def extra(self) -> list[str]:
        """Paths of the files that not every module has: pictures, long bodies, how to call it."""
        endings = (*PICTURES.values(), ".avif", "openapi.json")
        mine = (path for path in self.files if path.endswith(endings) or _SAMPLES in path)
        return sorted(mine)


@dataclass(frozen=True, slots=True)
class ModuleMaker:
    """What is needed to make any module's files.

    Attributes:
        tree: the catalog's files.
        frame: makes whole pages.
        records: module's name -> records of its deployments.
        market: what the clouds offer.
        pictures: what was made of pictures before.
        local: name of the cloud that is this machine; empty where there is none.
        faults: errors of the newest version, where an older one is shown because it runs.
        versions: module's name -> the versions that it has had, where they are more than one.
        uses: module's name -> by what it is used.
        gone: the commit that is shown, where the module was taken away; else empty.
        trainings: module's name -> the newest of its trainings.
        origins: module's name -> where its version came from, where that is known.
        tables: clouds' tables that were rendered already, by the answer that they show.
    """

    tree: Tree
    frame: Frame
    records: Mapping[str, Sequence[Record]]
    market: Market
    pictures: Pictures
    local: str = ""
    faults: tuple[Finding, ...] = ()
    uses: Mapping[str, Used] = field(default_factory=dict)
    gone: str = ""
    versions: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    trainings: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    tables: dict[int, tuple[Where, Markup]] = field(default_factory=dict)


def make_all(modules: Iterable[tuple[ModuleMaker, Module]]) -> list[Made]:
    """Make everything of some modules, each step for all of them before the next one."""
    makers = [_Maker(shared, module) for shared, module in modules]
    for step in _STEPS:
        for maker in makers:
            step(maker)
    return [maker.made for maker in makers]


class _Maker:
    """Makes the files of one module, step by step."""

    text: str
    description: str
    readme: str
    view: ModuleView

    def __init__(self, shared: ModuleMaker, module: Module) -> None:
        self.shared = shared
        self.module = module
        self.records = shared.records.get(module.name, ())
        self.parts = self._parts()
        archive = module.model.path if module.model else ""
        self.made = Made(card(module, self.records, self.parts.get(archive, -1)))
        self.forge = Forge.of(shared.frame.settings)
        self.links = Links(module, shared.tree, self.forge)
        self.folder = f"modules/{module.name}"

    def look(self) -> None:
        """Its picture, or its first sample drawn."""
        picture = self.links.picture(line(self.module.data.get("image"), 300))
        if picture:
            made = self.shared.pictures.sizes(picture, self.links.pictures[picture])
            self.links.pictures.update(made)
            self.made.card = self.made.card._replace(image=picture, sources=tuple(made))
        else:
            self.made.drawn = next(filter(None, self._drawn()), Markup())

    def words(self) -> None:
        """What it is found by."""
        self.text = readme(self.shared.tree, self.module)
        found_by = fields.row(self.module, self.made.card, self.text, terms.load().stop)
        self.made.words = found_by.dump()

    def prose(self) -> None:
        """What people wrote of it, as HTML."""
        about = plain(self.module.data.get("description"))
        self.description = markup.readme(about, self.links.address)
        self.readme = markup.readme(self.text, self.links.address)

    def _drawn(self) -> Iterator[Markup]:
        """The first samples, drawn: the first of them that can be is shown."""
        return (drawn(self.module, sample) for sample in self.module.samples[:_TRIED])

    def gather(self) -> None:
        """All that its page shows."""
        topology: TopologyView | None = None
        if self.module.topology:
            topology, self.made.findings = topology_view(self.shared.tree, self.module)
        self.view = module_view(
            self.module,
            self.made.card,
            description=self.description,
            readme=self.readme,
            topology=topology,
            records=self.records,
            market=self.shared.market,
            settings=self.shared.frame.settings,
            archive_size=max(0, self.made.card.size),
            versions=self.shared.versions.get(self.module.name, ()),
            trainings=self.shared.trainings.get(self.module.name, ()),
            came=self.shared.origins.get(self.module.name),
        )

    def page(self) -> None:
        """Its page, and the pictures on it."""
        frame, item, view = self.shared.frame, self.made.card, self.view
        path = f"{self.folder}/index.html"
        known = linked.json_ld(self.module, item, frame.settings)
        head = frame.part(path, "module_head", card=item, linked=known)
        self.made.files[path] = frame.page(
            path,
            "module",
            title=item.title,
            description=item.summary,
            head=head,
            connect=view.origins,
            view=view,
            clouds=self._clouds,
            used=self.shared.uses.get(self.module.name, Used()),
            faults=[(str(each.place), each.message) for each in self.shared.faults[:SHOWN]],
            gone=self.shared.gone[:12],
            links={**edit_links(self.module, self.forge), **self._links_of_none},
        )
        for name, content in self.links.pictures.items():
            self.made.files[f"{self.folder}/{name}"] = content

    @property
    def _links_of_none(self) -> dict[str, str]:
        """Of a module that was taken away: what no longer leads anywhere."""
        return {"source": "", "edit": ""} if self.shared.gone else {}

    def _clouds(self, where: Where) -> Markup:
        """The table of clouds that could take the module; the same for all that need the same."""
        kept = self.shared.tables
        if id(where) not in kept:
            path = f"{self.folder}/index.html"
            html = self.shared.frame.part(path, "where", where=where, local=self.shared.local)
            kept[id(where)] = (where, Markup(html))  # noqa: S704 - an autoescaping template's
        return kept[id(where)][1]

    def document(self) -> None:
        """Its document."""
        module, item, settings = self.module, self.made.card, self.shared.frame.settings
        view = self.view
        known = prices(view.wheres[0], self.shared.local) if view.wheres else ()
        document = {
            **module_document(module, item, view.places, known, settings, view.topology),
            "ai4os": export(module.data),
            "croissant": croissant(module, item),
            "badges": badges.badges(item, settings.title, has_model=module.model is not None),
        }
        self.made.files[f"api/v1/modules/{module.name}.json"] = compact(document)

    def small(self) -> None:
        """Its feed, how to cite it, bodies too long for its document, what its server answers."""
        module, item, settings = self.module, self.made.card, self.shared.frame.settings
        self.made.files |= {
            f"{self.folder}/feed.xml": module_feed(item, changes(module.data), settings),
            f"{self.folder}/CITATION.cff": self.view.cite.cff.encode(),
        }
        self.made.files |= {path: compact(body) for path, body in long_bodies(module).items()}
        if (model := described(module)) is not None:
            body = compact(openapi_document([model], module.version))
            self.made.files[f"{self.folder}/openapi.json"] = body

    def crate(self) -> None:
        """The crate lists the repository's files where a forge shows them, else what lies here."""
        start = len(self.folder) + 1
        here = {
            path[start:]: len(content)
            for path, content in self.made.files.items()
            if path.startswith(f"{self.folder}/") and not path.endswith("/index.html")
        }
        raw = self.forge.raw(f"{self.module.path}/")
        settings = self.shared.frame.settings
        self.made.files[f"{self.folder}/ro-crate-metadata.json"] = ro_crate(
            self.module, self.made.card, self.parts if raw else here, settings, raw
        )

    def _parts(self) -> dict[str, int]:
        """Paths inside the module's folder, with their sizes in bytes; links are left out."""
        start = len(self.module.path) + 1
        entries = self.shared.tree.entries(self.module.path)
        return {entry.path[start:]: entry.size for entry in entries if not entry.is_link}


# In their order; the crate lists what the others made.
_STEPS = (
    *(_Maker.look, _Maker.words, _Maker.prose, _Maker.gather, _Maker.page),
    *(_Maker.document, _Maker.small, _Maker.crate),
)
