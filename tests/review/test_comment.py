"""The comment says it all, and nothing in it takes effect that others wrote."""

from __future__ import annotations

import re

import pytest
from comrak import ExtensionOptions, RenderOptions, render_markdown
from hypothesis import given
from hypothesis import strategies as st

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.review.comment import Links, comment, fence, headline, plain
from deepcat.review.report import Report
from deepcat.review.shown import read
from deepcat.review.values import TRIVIAL, Ask, Review, SampleResult

CLEAN = Review((), (), frozenset())
HOSTILE = [
    "@everyone look",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![p](http://evil.example/track.png)",
    "https://evil.example/",
    "www.evil.example",
    "closes #1",
    "a | b | c\n| d |",
    "``` \n# big",
    "</details><script>",
    "&#64;ada",
    "mailto:a@b.example",
    "\u202egpj.exe",
    "--> <!-- deepcat-shown: e30= -->",
]


def html(text: str) -> str:
    extensions = ExtensionOptions()
    extensions.table = extensions.autolink = extensions.strikethrough = True
    rendering = RenderOptions()
    rendering.unsafe_ = True
    return str(render_markdown(text, extension_options=extensions, render_options=rendering))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing(text: str) -> None:
    finding = Finding(Place(f"modules/{text}/module.yaml", 3), text, text, text)
    report = Report("a" * 40, (finding,), text, text, {text: "flowchart LR"}, plays=text)
    review = Review((finding,), (Ask(text, "changes", (text,)),), frozenset())
    samples = [SampleResult(text, text, 1, {text: text})]
    body = comment(report, review, samples, Links(source="https://forge.example/blob"))
    shown = html(body)
    assert "<script" not in shown
    assert "<img" not in shown
    links = re.findall(r'(?:href|src)="([^"]*)"', shown)
    assert all(link.startswith("https://forge.example/blob/") for link in links)
    outside = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", shown, flags=re.DOTALL)
    assert not re.search(r"@\w", outside)
    assert not re.search(r"#\d", outside)
    assert shown.count("<details>") == shown.count("</details>")
    assert read(body, "a" * 40) == {}


def test_what_changes_in_plays_is_folded_and_cut_at_a_line() -> None:
    diff = "".join(f"+ line {n} ```\n" for n in range(2000))
    body = comment(Report("a" * 40, plays=diff), CLEAN, None, Links())
    assert "<summary>What changes in the plays</summary>\n\n````diff\n+ line 0 ```\n" in body
    assert len(body) < 11_000
    *_, last, more, fence_, _, end = body.rstrip("\n").split("\n")
    assert re.fullmatch(r"\+ line \d+ ```", last)
    assert more == "… and more: see `deepcat plan --diff`"
    assert (fence_, end) == ("````", "</details>")
    assert "<details>" not in comment(Report("a" * 40), CLEAN, None, Links())


@given(st.text(max_size=60))
def test_any_text_stays_text(text: str) -> None:
    shown = html(f"x {plain(text)} y")
    assert re.fullmatch(r"<p>[^<]*</p>\n", shown), shown


@given(st.text(max_size=200))
def test_a_fence_is_never_ended_from_inside(text: str) -> None:
    shown = html(fence(text) + "\n\nafter\n")
    assert shown.endswith("<p>after</p>\n")


def test_errors_come_first_then_who_is_asked_then_the_plan() -> None:
    error = Finding(Place("modules/m/module.yaml", 3, 1), "schema/x", "it is wrong", "mend it")
    hint = Finding(Place("modules/m/module.yaml"), "style/y", "maybe", "or not", Severity.HINT)
    report = Report("a" * 40, (hint, error), "1 to create", "+ demo: create")
    review = Review(
        (), (Ask("modules/m", "changes a module of others", ("ada", "grace")),), frozenset()
    )
    body = comment(report, review, None, Links("https://run", "https://preview"))
    order = [
        "1 thing to mend",
        "it is wrong",
        "@ada or @grace",
        "1 hint<",
        "1 to create",
        "https://preview",
    ]
    places = [body.index(each) for each in order[:3]] + [body.index(order[4]), body.index(order[5])]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("errors", "review", "expected"),
    [
        (2, CLEAN, "2 things to mend"),
        (0, Review((), (Ask("x", "y", ()),), frozenset()), "waiting for a yes"),
        (0, CLEAN, "Ready to merge"),
        (0, Review((), (), frozenset({TRIVIAL})), "a trivial update"),
    ],
)
def test_the_headline_says_what_is_missing(errors: int, review: Review, expected: str) -> None:
    assert expected in headline(errors, review)


def test_a_hundred_findings_are_shown_and_the_rest_counted() -> None:
    many = tuple(Finding(Place("m", line), "a/b", "wrong") for line in range(1, 151))
    body = comment(Report("a" * 40, many), CLEAN, None, Links())
    assert "… and 50 more." in body


def test_the_preview_is_the_page_or_else_the_artifact() -> None:
    shown = comment(Report("a" * 40), CLEAN, None, Links("https://run/1", "https://preview"))
    assert "[preview of the website](https://preview)" in shown
    without = comment(Report("a" * 40), CLEAN, None, Links("https://run/1"))
    assert "artifact `site`](https://run/1#artifacts)" in without
    assert "preview" not in comment(Report("a" * 40), CLEAN, None, Links())
