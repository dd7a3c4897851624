"""What the page of findings shows."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass

from deepcat.catalog.findings import Finding
from deepcat_site.views.forge import Forge
from deepcat_site.views.read import line

SHOWN = 20
PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding in the page's words."""

    code: str
    rule: str
    message: str
    hint: str
    place: str
    link: str
    error: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one module, or of one file beside the modules.

    Attributes:
        id: for links.
        name: the module's, or the file's path.
        page: the module's page, empty where it has none.
        hidden: whether the module is not shown because of an error.
        rows: at most `SHOWN`.
        more: how many further ones there are.
    """

    id: str
    name: str
    page: str
    hidden: bool
    rows: tuple[FindingView, ...]
    more: int


def groups(
    findings: Iterable[Finding],
    shown: Container[str],
    rule_of: Callable[[str], str],
    forge: Forge,
) -> tuple[Group, ...]:
    """Findings by what they belong to: errors first, then by name."""
    sorted_: dict[tuple[str, bool], list[Finding]] = {}
    for finding in findings:
        sorted_.setdefault(_owner(finding.place.path), []).append(finding)
    made = [
        _group(name, is_module, rows, shown, rule_of, forge)
        for (name, is_module), rows in sorted_.items()
    ]
    return tuple(sorted(made, key=lambda group: (not group.hidden, group.name)))


def _owner(path: str) -> tuple[str, bool]:
    parts = path.split("/")
    if parts[0] == "modules" and len(parts) > 1:
        return parts[1], True
    return path, False


def _group(
    name: str,
    is_module: bool,
    findings: Sequence[Finding],
    shown: Container[str],
    rule_of: Callable[[str], str],
    forge: Forge,
) -> Group:
    rows = sorted(findings, key=lambda each: (not each.is_error, each.place, each.code))
    has_page = is_module and name in shown
    return Group(
        id=f"{'module' if is_module else 'file'}-{_slug(name)}",
        name=line(name, 200),
        page=f"modules/{name}/" if has_page else "",
        hidden=is_module and not has_page,
        rows=tuple(_row(each, rule_of, forge) for each in rows[:SHOWN]),
        more=max(len(rows) - SHOWN, 0),
    )


def _slug(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name)[:80]


def _row(finding: Finding, rule_of: Callable[[str], str], forge: Forge) -> FindingView:
    return FindingView(
        code=finding.code,
        rule=rule_of(finding.code),
        message=line(finding.message, 500),
        hint=line(finding.hint, 500),
        place=line(str(finding.place), 300),
        link=forge.blob(finding.place.path, finding.place.line),
        error=finding.is_error,
    )
