"""What a website is made from, and what a build reports. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Catalog
from deepcat.clouds.offers import Offer
from deepcat.plan.values import Plan
from deepcat.records.record import Record


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

    @classmethod
    def from_data(cls, data: Any) -> Settings:
        """Read the parsed `deepcat.yaml`; what is not text, or no web address, is left out."""
        values = data if isinstance(data, Mapping) else {}

        def text(key: str) -> str:
            value = values.get(key)
            return value.strip() if isinstance(value, str) else ""

        picks = values.get("picks")
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
            picks=tuple(str(name) for name in picks) if isinstance(picks, list) else (),
        )


def _web(address: str) -> str:
    return address if address.startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a deployment.

    Attributes:
        at: ISO 8601 instant.
        words: what happened.
    """

    at: str
    words: str


@dataclass(frozen=True, slots=True)
class Source:
    """Everything a build reads, given by values.

    Attributes:
        tree: for READMEs, pictures and topologies.
        catalog: what was read from the tree.
        records: deployment's name -> what is known of it.
        history: deployment's name -> its events, newest first.
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
    offers: tuple[Offer, ...] = ()
    health: Mapping[str, bool] = field(default_factory=dict)
    plan: Plan | None = None
    settings: Settings = field(default_factory=Settings)
    now: str = ""


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
