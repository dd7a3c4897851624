"""The plan for reviewers: one line first, the rest folded, and nothing of the catalog is markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import comrak
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.clouds.offers import Offer, Rejection
from deepcat.plan.markdown import code, markdown
from deepcat.plan.values import Action, Cause, Change, Plan, QuotaUse

HOSTILE = [
    "<script>alert(1)</script>",
    "</summary></details><img src=x onerror=alert(1)>",
    "`` ` ``` | @ada #1 [x](javascript:alert(1)) ![](http://example.org/x.png)",
    "a|b\nc\r\n\n# heading\n- item",
    "&lt;b&gt; &amp; \x1b[2J \u202e rtl \u200b",
    "https://example.org/ www.example.org ada@example.org",
    "",
    " ",
    "`",
]
ALLOWED = {
    "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li", "ol", "details",
    "summary", "em",
}  # fmt: skip


def plan_with(text: str) -> Plan:
    offer = Offer(text, text, "openstack", price=1.5)
    change = Change(
        action=Action.REPLACE,
        deployment=text,
        module=text,
        version=text,
        profile="serve",
        causes=(Cause(text, text, [text]),),
        offer=offer,
        fallbacks=(offer,),
        rejected=(Rejection(text, text, (text, text)),),
        price_hour=1.5,
        steps=(text,),
        nodes={text: Action.REPLACE},
        renamed_from=text,
        runs_on=text,
    )
    return Plan(
        text,
        "d" * 64,
        (change, replace(change, action=Action.NONE)),
        {text: (text,)},
        (QuotaUse(text, text, "cpus", 1, 2, 3),),
    )


class Tags(HTMLParser):
    """What elements and attributes a page has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes += [pair for pair in attrs if pair[0] not in ("align", "start")]


def html(text: str) -> str:
    """As a forge renders it: tables and autolinks, and raw HTML let through."""
    extension = comrak.ExtensionOptions()
    extension.table = True
    extension.autolink = True
    extension.strikethrough = True
    rendering = comrak.RenderOptions()
    rendering.unsafe_ = True
    return str(comrak.render_markdown(text, extension_options=extension, render_options=rendering))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    tags = Tags(html(markdown(plan_with(text), "EUR")))
    assert tags.found <= ALLOWED
    assert tags.attributes == []


@given(st.text(max_size=60))
def test_any_text_is_only_text(text: str) -> None:
    tags = Tags(html(markdown(plan_with(text), "EUR")))
    assert tags.found <= ALLOWED
    assert tags.attributes == []


@given(st.text(alphabet="`|a \\", min_size=1, max_size=20))
def test_a_code_span_keeps_the_table_whole(text: str) -> None:
    page = html(f"| a | b |\n|---|---|\n| {code(text)} | end |\n")
    assert page.count("<td>") == 2
    assert "<td>end</td>" in page


def test_the_summary_stands_first_and_details_are_folded() -> None:
    lines = markdown(plan_with("x"), "EUR").splitlines()
    assert lines[0].startswith("**Plan: 1 to replace, 1 refused; ")
    first = lines.index("<details><summary>replace x</summary>")
    assert all("because" not in line for line in lines[:first])


def test_a_large_plan_fits_a_comment() -> None:
    one = plan_with("y" * 150).changes[0]
    many = tuple(replace(one, deployment=f"d{number:05}") for number in range(3000))
    text = markdown(Plan("c", "d" * 64, many, {f"r{n}": ("no",) for n in range(3000)}), "EUR")
    assert len(text) <= 60_000
    assert re.search(r"… and \d+ more", text)
    assert "the hash" in text
    assert text.count("<details>") == text.count("</details>")


def test_nothing_to_change_is_one_line_and_what_it_is_bound_to() -> None:
    text = markdown(Plan("", "d" * 64, ()), "EUR")
    assert (
        text.splitlines()[0] == "**Plan: nothing to change; 0.00 EUR an hour (0.00 EUR a month).**"
    )
    assert "not committed" in text
