"""`check/…`: what is wrong in the catalog, on pages and for machines."""

from __future__ import annotations

from deepcat.catalog.findings import Finding, in_order
from deepcat_site.api import document
from deepcat_site.pages.site import Site, paged
from deepcat_site.views import check


def key(site: Site) -> tuple[str, ...]:
    """All findings, and which modules there are."""
    return (site.keys.findings, site.keys.names)


def make(site: Site) -> None:
    """Write the pages of findings, and their document."""
    from deepcat.catalog.judging.codes import page_of
    from deepcat.catalog.judging.rule_registry import all_rules

    found = _findings(site)

    def rule_of(code: str) -> str:
        return page_of(code).code

    content = document.findings(found, rule_of, site.source.settings)
    site.output.put("api/v1/findings.json", content)
    groups = check.groups(found, site.entries, rule_of, site.forge)
    errors = sum(finding.is_error for finding in found)
    for number, pages, chunk in paged(groups, check.PER_PAGE):
        site.page(
            f"check/{'' if number == 1 else f'{number}/'}index.html",
            "check",
            site.text.check.title,
            groups=chunk,
            page=number,
            pages=pages,
            shown=len(site.entries),
            errors=errors,
            hints=len(found) - errors,
            rules=len(all_rules()),
        )


def _findings(site: Site) -> list[Finding]:
    mine = site.entries.findings()
    return sorted({*site.source.catalog.findings, *mine}, key=in_order)
