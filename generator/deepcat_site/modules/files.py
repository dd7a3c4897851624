"""The files of one module: its page, its documents for machines, its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from deepcat.catalog.converting.ai4os import export
from deepcat.catalog.findings import Finding
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Module
from deepcat.clouds.market import Market
from deepcat.records.record import Record
from deepcat_site.api import badges, linked
from deepcat_site.api.crate import ro_crate
from deepcat_site.api.croissant import croissant
from deepcat_site.api.document import compact, module_document
from deepcat_site.api.feeds import module_feed
from deepcat_site.html import markup
from deepcat_site.html.frame import Frame
from deepcat_site.modules.links import PICTURES, Links
from deepcat_site.views.card import Card, card
from deepcat_site.views.facts import changes
from deepcat_site.views.forge import Forge
from deepcat_site.views.module import ModuleView, edit_links, module_view
from deepcat_site.views.read import line, plain
from deepcat_site.views.topology import TopologyView, topology_view
from deepcat_site.views.where import Where

MAX_README = 2 * 1024 * 1024
_SOME = ("badge-samples.json", "badge-running.json", "croissant.json")


@dataclass(slots=True)
class Made:
    """What one module gave.

    Attributes:
        card: for lists and search.
        files: path below the root -> content.
        findings: what was found while drawing it.
    """

    card: Card
    files: dict[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def extra(self) -> list[str]:
        """Paths of the files that not every module has: pictures, and some badges."""
        endings = (*PICTURES.values(), *_SOME)
        return sorted(path for path in self.files if path.endswith(endings))


@dataclass(frozen=True, slots=True)
class ModuleMaker:
    """What is needed to make any module's files.

    Attributes:
        tree: the catalog's files.
        frame: makes whole pages.
        records: module's name -> records of its deployments.
        market: what the clouds offer.
        local: name of the cloud that is this machine; empty where there is none.
        tables: clouds' tables that were rendered already, by the answer that they show.
    """

    tree: Tree
    frame: Frame
    records: Mapping[str, Sequence[Record]]
    market: Market
    local: str = ""
    tables: dict[int, tuple[Where, Markup]] = field(default_factory=dict)

    def make(self, module: Module) -> Made:
        """Make everything of one module."""
        return _Maker(self, module).make()


class _Maker:
    """Makes the files of one module."""

    def __init__(self, shared: ModuleMaker, module: Module) -> None:
        self.shared = shared
        self.module = module
        self.records = shared.records.get(module.name, ())
        self.made = Made(card(module, self.records))
        self.forge = Forge.of(shared.frame.settings)
        self.links = Links(module, shared.tree, self.forge)
        self.folder = f"modules/{module.name}"

    def make(self) -> Made:
        picture = self.links.picture(line(self.module.data.get("image"), 300))
        if picture:
            self.made.card = self.made.card._replace(image=picture)
        view = self._view()
        self._page(view)
        self._documents(view)
        for name, content in self.links.pictures.items():
            self.made.files[f"{self.folder}/{name}"] = content
        return self.made

    def _view(self) -> ModuleView:
        topology: TopologyView | None = None
        if self.module.topology:
            topology, self.made.findings = topology_view(self.shared.tree, self.module)
        return module_view(
            self.module,
            self.made.card,
            description=markup.readme(
                plain(self.module.data.get("description")), self.links.address
            ),
            readme=markup.readme(self._readme(), self.links.address),
            topology=topology,
            records=self.records,
            market=self.shared.market,
            settings=self.shared.frame.settings,
        )

    def _page(self, view: ModuleView) -> None:
        frame, item = self.shared.frame, self.made.card
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
            ai4os=True,
            links=edit_links(self.module, self.forge),
        )

    def _clouds(self, where: Where) -> Markup:
        """The table of clouds that could take the module; the same for all that need the same."""
        kept = self.shared.tables
        if id(where) not in kept:
            path = f"{self.folder}/index.html"
            html = self.shared.frame.part(path, "where", where=where, local=self.shared.local)
            kept[id(where)] = (where, Markup(html))  # noqa: S704 - an autoescaping template's
        return kept[id(where)][1]

    def _documents(self, view: ModuleView) -> None:
        module, item, settings = self.module, self.made.card, self.shared.frame.settings
        document = module_document(module, item, view.places, settings)
        name = module.name
        self.made.files |= {
            f"api/v1/modules/{name}.json": compact(document),
            f"{self.folder}/feed.xml": module_feed(item, changes(module.data), settings),
            f"{self.folder}/CITATION.cff": view.cite.cff.encode(),
            f"{self.folder}/ro-crate-metadata.json": ro_crate(
                module, item, self._parts(), settings, self.forge.raw(f"{self.module.path}/")
            ),
            f"{self.folder}/ai4-metadata.json": compact(export(module.data)),
            f"{self.folder}/badge.json": badges.version_badge(item, settings.title),
        }
        if data_set := croissant(module, item):
            self.made.files[f"{self.folder}/croissant.json"] = data_set
        if module.model:
            self.made.files |= {
                f"{self.folder}/badge-samples.json": badges.samples_badge(item),
                f"{self.folder}/badge-running.json": badges.running_badge(item),
            }

    def _parts(self) -> dict[str, int]:
        """Paths inside the module's folder, with their sizes in bytes; links are left out."""
        start = len(self.module.path) + 1
        entries = self.shared.tree.entries(self.module.path)
        return {entry.path[start:]: entry.size for entry in entries if not entry.is_link}

    def _readme(self) -> str:
        try:
            content = self.shared.tree.read(f"{self.module.path}/README.md")
        except FileNotFoundError:
            return ""
        return content[:MAX_README].decode(errors="replace")
