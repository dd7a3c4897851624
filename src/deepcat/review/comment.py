"""The one comment on a pull request: what must be mended, who is asked, what the merge will do.

Pure. All text that comes from the pull request is shown as text: no mention, link, image or HTML of
it takes effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.judging.named_secrets import Named
from deepcat.catalog.wording import count
from deepcat.plain import plain as as_text
from deepcat.review.report import Report
from deepcat.review.shown import kept
from deepcat.review.values import TRIVIAL, Ask, Review, SampleResult

MAX_ROWS = 100
MAX_PLAN = 20_000
MAX_PLAYS = 10_000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&!$])")
# A mention, a reference, an address and a web name take effect without any mark-up.
_ACTIVE = re.compile(
    r"(?<=[@#])|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<=xmpp)(?=:)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Links:
    """Where more is to be seen; each may be empty.

    Attributes:
        run: the workflow's run, with what it built.
        preview: the built website.
        source: the tree at the commit, without a trailing slash.
    """

    run: str = ""
    preview: str = ""
    source: str = ""


def comment(
    report: Report,
    review: Review,
    samples: Sequence[SampleResult] | None,
    links: Links,
) -> str:
    """The comment as Markdown.

    Args:
        report: what was found.
        review: what a maintainer would say.
        samples: how the samples went; None when they were not tried.
        links: where more is to be seen.
    """
    found = {*report.findings, *review.findings}
    errors = sorted(each for each in found if each.is_error)
    hints = sorted(each for each in found if not each.is_error)
    parts = [kept(report.head, report.shown), f"### {headline(len(errors), review)}"]
    parts += _table("To mend", errors, links)
    parts += _asks(review.asks)
    parts += _secrets(report.secrets, links)
    parts += _folded(count(len(hints), "hint"), _table("", hints, links)) if hints else []
    if report.plan:
        parts += _plan(report)
    if report.plays:
        parts += _plays(report.plays)
    if samples:
        parts += ["", *_samples(samples)]
    if report.pictures:
        parts += _pictures(report.pictures)
    parts += _links(links)
    return "\n".join(parts) + "\n"


def headline(errors: int, review: Review) -> str:
    """The first line: what stands between the pull request and its merge."""
    if errors:
        return f"{count(errors, 'thing')} to mend"
    if review.asks:
        return "Nothing to mend; waiting for a yes"
    return "Ready to merge" + (": a trivial update" if TRIVIAL in review.labels else "")


def plain(text: str) -> str:
    """Text of others as Markdown that shows it and does nothing."""
    return quiet(_SPECIAL.sub(r"\\\1", _printable(text)))


def quiet(text: str) -> str:
    """Text in which no mention, reference or address is taken for one."""
    return _ACTIVE.sub("\u200b", text)


def _printable(text: str) -> str:
    return as_text(" ".join(text.split()))


def code(text: str) -> str:
    """Text of others as a span of code."""
    shown = "".join(each if each.isprintable() else " " for each in text).replace("`", "'")
    return f"`{shown}`" if shown.strip() else ""


def fence(text: str, language: str = "") -> str:
    """Text of others as a block of code that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def _table(title: str, findings: Sequence[Finding], links: Links) -> list[str]:
    if not findings:
        return []
    rows = [f"\n**{title}**\n"] if title else [""]
    rows += ["| where | what | how to mend it |", "|---|---|---|"]
    for finding in findings[:MAX_ROWS]:
        what = f"{plain(finding.message)} {code(finding.code)}"
        rows.append(f"| {_where(finding.place, links)} | {what} | {plain(finding.hint)} |")
    if len(findings) > MAX_ROWS:
        rows.append(f"\n… and {len(findings) - MAX_ROWS} more.")
    return rows


def _where(place: Place, links: Links) -> str:
    shown = code(str(place).replace("|", "/"))
    if not links.source or not re.fullmatch(r"[A-Za-z0-9._/-]+", place.path):
        return shown
    line = f"#L{place.line}" if place.line else ""
    return f"[{shown}]({links.source}/{place.path}{line})"


def _asks(asks: Iterable[Ask]) -> Iterator[str]:
    rows = [
        f"- {code(ask.what)} {ask.why}: {_names(ask)} {'must' if ask.all_of else 'may'} say yes."
        for ask in asks
    ]
    if rows:
        yield "\n**Who is asked**\n"
        yield from rows
        yield "\nAn approving review is a yes."


def _secrets(secrets: Sequence[Named], links: Links) -> Iterator[str]:
    """Every reference that the change adds, and what is given the secret."""
    if not secrets:
        return
    yield "\n**Secrets that this names**\n"
    yield "| where | the secret | is given to |\n|---|---|---|"
    for each in secrets[:MAX_ROWS]:
        text = code(each.text.replace("|", "/"))
        yield f"| {_where(each.place, links)} | {text} | {plain(each.getter)} |"
    if len(secrets) > MAX_ROWS:
        yield f"\n… and {len(secrets) - MAX_ROWS} more."


def _names(ask: Ask) -> str:
    known = [name for name in ask.whom if re.fullmatch(r"[a-z0-9][a-z0-9/-]{0,80}", name)]
    if not known:
        return "a maintainer of the catalog"
    return (" and " if ask.all_of else " or ").join(f"@{name}" for name in known)


def _plan(report: Report) -> list[str]:
    text = report.plan
    if len(text) > MAX_PLAN:
        text = text[:MAX_PLAN] + "\n… the run's artifact holds the rest"
    return [
        "",
        f"**What the merge will do.** {plain(report.summary)}",
        *_folded("Plan", [fence(text)]),
    ]


def _plays(diff: str) -> list[str]:
    """What changes in the plays; a last line that was cut through is left out."""
    if len(diff) > MAX_PLAYS:
        whole = diff[:MAX_PLAYS].rpartition("\n")[0]
        diff = f"{whole}\n… and more: see `deepcat plan --diff`"
    shown = "\n".join(map(as_text, diff.splitlines()))
    return _folded("What changes in the plays", [fence(shown, "diff")])


def _samples(samples: Sequence[SampleResult]) -> Iterator[str]:
    yield "**Sample predictions on the embedded server**\n"
    for each in samples:
        name = f"{code(each.module)} {plain(each.version)}"
        if each.untried:
            yield f"- {name}: not tried, {plain(each.untried)}"
            continue
        failed = f", {len(each.failed)} failed" if each.failed else ""
        yield f"- {name}: {each.passed} passed{failed}"
        for sample, why in sorted(each.failed.items())[:20]:
            yield f"  - {code(sample) or 'the model'}: {plain(why)}"
        if each.form:
            yield f"  - {plain(each.form)}"


def _pictures(pictures: Mapping[str, str]) -> Iterator[str]:
    for name, picture in sorted(pictures.items())[:5]:
        yield from _folded(f"Topology of {name}", [fence(picture, "mermaid")])


def _folded(title: str, body: Iterable[str]) -> list[str]:
    return [
        f"\n<details><summary>{escape(quiet(_printable(title)))}</summary>\n",
        *body,
        "\n</details>",
    ]


def _links(links: Links) -> Iterator[str]:
    shown = []
    if links.preview:
        shown.append(f"[preview of the website]({links.preview})")
    elif links.run:
        shown.append(f"[preview of the website, as the artifact `site`]({links.run}#artifacts)")
    if links.run:
        shown.append(f"[log and files of the check]({links.run})")
    if shown:
        yield f"\n{' · '.join(shown)}"
