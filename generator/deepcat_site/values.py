"""What a website is made from, and what a build reports. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.lineage import Lineage
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Catalog, Module
from deepcat.clouds.offers import Offer
from deepcat.secrets.addresses import masked
from deepcat.secrets.mask import MASK

if TYPE_CHECKING:
    from deepcat.plan.values import Plan
    from deepcat.records.curves import Curves
    from deepcat.records.record import Record
    from deepcat.records.trainings import Training


@dataclass(frozen=True, slots=True)
class Settings:
    """What `deepcat.yaml` says of the whole catalog.

    Attributes:
        title: the marketplace's name.
        summary: one sentence.
        currency: ISO 4217 code of every price.
        repository: the forge's page of the repository without a slash at its end; may be empty.
        branch: the branch that is published.
        site_url: where the website will be found, with a slash at its end; may be empty.
        description: Markdown for the home page; may be empty.
        language: of the interface.
        contact: an address or a page; may be empty.
        picks: modules to show first.
        compare: modules to show side by side, each a choice of several.
        examples: sentences that the home page offers to begin with.
        synonyms: rows of terms that mean the same in this catalog.
    """

    title: str = "deepcat"
    summary: str = ""
    currency: str = "EUR"
    repository: str = ""
    branch: str = "main"
    site_url: str = ""
    description: str = ""
    language: str = "en"
    contact: str = ""
    picks: tuple[str, ...] = ()
    compare: tuple[tuple[str, ...], ...] = ()
    examples: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()

    def address(self, path: str, at: str) -> str:
        """Where a path below the root is found, for whoever reads a file: every address is of it.

        Args:
            path: such as ``modules/iris/``.
            at: the path of the file that names it; the way is relative to it where the website
                does not know its own address.
        """
        return f"{self.site_url}{path}" if self.site_url else f"{'../' * at.count('/')}{path}"

    @classmethod
    def from_data(cls, data: Any) -> Settings:
        """Read the parsed `deepcat.yaml`; what is not text, or no public address, is left out."""
        values = data if isinstance(data, Mapping) else {}

        def text(key: str) -> str:
            value = values.get(key)
            return masked(value.strip()) if isinstance(value, str) else ""

        compare = values.get("compare")
        search = values.get("search")
        search = search if isinstance(search, Mapping) else {}
        rows = search.get("synonyms")
        site_url = _web(text("site_url"))
        return cls(
            title=text("title") or "deepcat",
            summary=text("summary"),
            currency=text("currency") or "EUR",
            repository=_web(text("repository")).rstrip("/"),
            branch=text("branch") or "main",
            site_url=f"{site_url.rstrip('/')}/" if site_url else "",
            description=text("description"),
            language=text("language") or "en",
            contact=text("contact"),
            picks=_strings(values.get("picks")),
            compare=tuple(
                tuple(str(name) for name in names)
                for names in (compare if isinstance(compare, list) else ())
                if isinstance(names, list) and len(names) > 1
            ),
            examples=_strings(search.get("examples")),
            synonyms=tuple(filter(None, map(_strings, rows))) if isinstance(rows, list) else (),
        )


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _web(address: str) -> str:
    known = address.startswith(("https://", "http://")) and MASK not in address
    return address if known else ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a deployment.

    Attributes:
        at: ISO 8601 instant.
        words: what happened.
        outcome: ``well``, ``failed`` or ``begun``; empty where it is neither.
        by: who wanted it; empty where that is not known.
        commit: the catalog's commit that was applied; empty where none was.
        run: the run's id; may be empty.
        price: of an hour, in the catalog's currency; None where it says none.
    """

    at: str
    words: str
    outcome: str = ""
    by: str = ""
    commit: str = ""
    run: str = ""
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A module that runs, in the version that runs, while the catalog has no sound one.

    Attributes:
        module: as it was when it was deployed.
        tree: the files of that commit.
        faults: the errors of the newest version; empty where the module was taken away.
    """

    module: Module
    tree: Tree
    faults: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Everything a build reads, given by values.

    Attributes:
        tree: for READMEs, pictures and topologies.
        catalog: what was read from the tree.
        kept: module's name -> the version that runs, of modules that the catalog leaves out.
        lineage: the versions that modules have had; None where there is no history.
        records: deployment's name -> what is known of it.
        history: deployment's name -> its events, newest first.
        trainings: id -> its record.
        curve_ids: training's id -> the id of the content of its curves.
        curves: gives the curves in contents, by such ids; they are asked for where pages change.
        offers: what the clouds have; what only a probe sees is left out.
        health: cloud's name -> whether the last probe reached it; unknown clouds are left out.
        plan: what would change if all were applied now; None where that is not known.
        settings: of the whole catalog.
        now: ISO 8601 instant that the pages of deployments speak of; empty for the newest one that
            the records hold.
    """

    tree: Tree
    catalog: Catalog
    records: Mapping[str, Record] = field(default_factory=dict)
    history: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    trainings: Mapping[str, Training] = field(default_factory=dict)
    curve_ids: Mapping[str, str] = field(default_factory=dict)
    curves: Callable[[Sequence[str]], Mapping[str, Curves]] = lambda _: {}
    offers: tuple[Offer, ...] = ()
    health: Mapping[str, bool] = field(default_factory=dict)
    plan: Plan | None = None
    settings: Settings = field(default_factory=Settings)
    now: str = ""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    lineage: Lineage | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did.

    Attributes:
        modules: modules shown.
        rendered: modules whose pages were made anew.
        written: files written.
        deleted: files that left.
    """

    modules: int
    rendered: int
    written: int
    deleted: int
