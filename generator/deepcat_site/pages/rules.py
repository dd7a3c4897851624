"""`check/rules/…`: a page for each code that a check, a plan or a run may say."""

from __future__ import annotations

from deepcat_site.html import markup
from deepcat_site.pages.site import Site


def key(_site: Site) -> tuple[str, ...]:
    """Nothing but the rules themselves, which are code."""
    return ()


def make(site: Site) -> None:
    """Write the list of all codes and the page of each."""
    from deepcat.catalog.judging.codes import others
    from deepcat.catalog.judging.rule_registry import all_rules

    rules, further = list(all_rules().values()), list(others().values())
    title = site.text.check.rules
    site.page("check/rules/index.html", "rules", title, rules=rules, others=further)
    for rule in (*rules, *further):
        site.page(
            f"check/rules/{rule.code}/index.html",
            "rule",
            rule.code,
            description=rule.title,
            rule=rule,
            why=markup.ours(rule.why),
            mend=markup.ours(rule.mend),
            bad=rule.bad,
            good=rule.good,
        )
