"""What a website is made from, and what a build reports. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.tree import Tree
from deepcat.catalog.values import Catalog
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
    """

    title: str = "deepcat"
    summary: str = ""
    currency: str = "EUR"
    repository: str = ""
    branch: str = "main"
    site_url: str = ""

    @classmethod
    def from_data(cls, data: Any) -> Settings:
        """Read the parsed `deepcat.yaml`; what is not text, or no web address, is left out."""
        values = data if isinstance(data, Mapping) else {}

        def text(key: str) -> str:
            value = values.get(key)
            return value.strip() if isinstance(value, str) else ""

        site_url = _web(text("site_url"))
        return cls(
            title=text("title") or "deepcat",
            summary=text("summary"),
            currency=text("currency") or "EUR",
            repository=_web(text("repository")).rstrip("/"),
            branch=text("branch") or "main",
            site_url=f"{site_url.rstrip('/')}/" if site_url else "",
        )


def _web(address: str) -> str:
    return address if address.startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the check, for its page.

    Attributes:
        code: stable, `room/what`.
        title: its first line.
        text: the whole docstring, Markdown.
        severity: ``error`` or ``hint``.
    """

    code: str
    title: str
    text: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Source:
    """Everything a build reads, given by values.

    Attributes:
        tree: for READMEs and pictures.
        catalog: what was read from the tree.
        records: deployment's name -> what is known of it.
        settings: of the whole catalog.
        findings: of the last check, errors and hints.
        rules: every rule there is, by code.
    """

    tree: Tree
    catalog: Catalog
    records: Mapping[str, Record] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did.

    Attributes:
        modules: modules shown.
        rendered: modules whose pages were made anew.
        written: files written.
        unchanged: files that were right already.
        deleted: files that left.
    """

    modules: int
    rendered: int
    written: int
    unchanged: int
    deleted: int
