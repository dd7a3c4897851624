"""The one comment on a pull request: what must be mended, who is asked, what the merge will do.

Pure. All text that comes from the pull request is shown as text: no mention, link, image or HTML of
it takes effect.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from deepcat.catalog.findings import Finding
from deepcat.review.due import Shown
from deepcat.review.report import Report, read_offers
from deepcat.review.values import TRIVIAL, Ask, Review, SampleResult

MAX_ROWS = 100
MAX_PLAN = 20_000
_KEPT = re.compile(r"<!-- deepcat-shown: ([A-Za-z0-9+/=]+) -->")
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
    report: Report | None,
    review: Review,
    samples: Sequence[SampleResult] | None,
    links: Links,
) -> str:
    """The comment as Markdown.

    Args:
        report: what stage one found; None when it did not get that far.
        review: what a maintainer would say.
        samples: how the samples went; None when they were not tried.
        links: where more is to be seen.
    """
    found = {*(report.findings if report else ()), *review.findings}
    errors = sorted(each for each in found if each.is_error)
    hints = sorted(each for each in found if not each.is_error)
    parts = [f"### {headline(len(errors), review, report is not None)}"]
    if report is None:
        parts.append("The check did not come to its end; its log says why.")
    parts += _table("To mend", errors, links)
    parts += _asks(review.asks)
    parts += _folded(f"{len(hints)} hints", _table("", hints, links)) if hints else []
    if report and report.plan:
        parts += _plan(report)
    if samples:
        parts += ["", *_samples(samples)]
    if report and report.pictures:
        parts += _pictures(report.pictures)
    parts += _links(links)
    if report and report.shown:
        parts.append(_kept(report.shown))
    return "\n".join(parts) + "\n"


def read_shown(body: str) -> dict[str, Shown]:
    """What a comment of ours showed before the merge; empty when it shows nothing."""
    found = _KEPT.search(body)
    if found is None:
        return {}
    try:
        data = json.loads(base64.b64decode(found[1], validate=True))
    except ValueError:
        return {}
    return {name: Shown(**offer) for name, offer in read_offers(data).items()}


def _kept(shown: Mapping[str, Mapping[str, Any]]) -> str:
    """What was shown, hidden in the comment, so that the merge can hold its own plan against it."""
    data = json.dumps({name: dict(offer) for name, offer in sorted(shown.items())[:500]})
    return f"\n<!-- deepcat-shown: {base64.b64encode(data.encode()).decode()} -->"


def headline(errors: int, review: Review, is_complete: bool = True) -> str:
    """The first line: what stands between the pull request and its merge."""
    if errors:
        return f"{errors} thing{'s' if errors > 1 else ''} to mend"
    if not is_complete:
        return "Not checked"
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
    line = " ".join(text.split())
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in line)


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
        rows.append(f"| {_where(finding, links)} | {what} | {plain(finding.hint)} |")
    if len(findings) > MAX_ROWS:
        rows.append(f"\n… and {len(findings) - MAX_ROWS} more.")
    return rows


def _where(finding: Finding, links: Links) -> str:
    place = finding.place
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


def _samples(samples: Sequence[SampleResult]) -> Iterator[str]:
    yield "**Sample predictions on the embedded server**\n"
    for each in samples:
        name = f"{code(each.module)} {plain(each.version)}"
        if not each.failed:
            yield f"- {name}: {each.passed} passed"
            continue
        yield f"- {name}: {each.passed} passed, {len(each.failed)} failed"
        for sample, why in sorted(each.failed.items())[:20]:
            yield f"  - {code(sample) or 'the model'}: {plain(why)}"


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
