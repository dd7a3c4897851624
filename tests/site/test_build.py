"""Builds: whole, again, changed, deleted, hostile."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from deepcat.errors import DeepcatError
from deepcat_site.html import formats, markup
from deepcat_site.html.policy import policy
from deepcat_site.theme.layout import Layout, base_of
from deepcat_site.write import Output


def test_cost_grows_with_the_change(tmp_path: Path, site_tools) -> None:
    root = site_tools.write_catalog(tmp_path / "c")
    out = root / "_site"
    first = site_tools.make(root, out)
    assert (first.modules, first.rendered) == (2, 2)
    again = site_tools.make(root, out)
    assert (again.rendered, again.written, again.deleted) == (0, 0, 0)
    (root / "modules/leaf-finder/README.md").write_text("# Leaf finder\n\nOther words.\n")
    changed = site_tools.make(root, out)
    assert changed.rendered == 1
    assert "Other words." in (out / "modules/leaf-finder/index.html").read_text()
    for path in (root / "modules/wave-reader").iterdir():
        path.unlink()
    (root / "modules/wave-reader").rmdir()
    gone = site_tools.make(root, out)
    assert gone.modules == 1
    assert not (out / "modules/wave-reader").exists()
    assert not (out / "api/v1/modules/wave-reader.json").exists()


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(DeepcatError):
        Output.open(tmp_path)


def test_no_file_leaves_the_folder(tmp_path: Path) -> None:
    output = Output.open(tmp_path / "out")
    for path in ("../x", "/x", "a/../../x", "a\0b"):
        with pytest.raises(ValueError):
            output.put(path, b"")


def test_a_deprecated_module_says_so_and_what_to_use(tmp_path: Path, site_tools) -> None:
    root = site_tools.write_catalog(tmp_path / "c")
    file = root / "modules/leaf-finder/module.yaml"
    words = "deprecated: {since: '2025-01-02', reason: Leaves fell., replaced_by: wave-reader}\n"
    file.write_text(file.read_text() + words)
    site_tools.make(root, root / "_site")
    page = (root / "_site/modules/leaf-finder/index.html").read_text()
    assert '<span class="badge badge-old">deprecated</span>' in page
    note = page.partition('<p class="note note-warn">')[2].partition("</p>")[0]
    assert 'Since 2025-01-02: <span dir="auto">Leaves fell.</span>' in note
    assert '<a href="../../modules/wave-reader/">wave-reader</a>' in note
    card = (root / "_site/modules/index.html").read_text().partition('data-name="leaf-finder"')[2]
    assert "fact-old" in card.partition("</ul>")[0]
    other = (root / "_site/modules/wave-reader/index.html").read_text()
    assert "badge-old" not in other


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<svg><script>alert(1)</script></svg>",
    "<style>*{display:none}</style><iframe src=//evil.example></iframe>",
    "![x](https://evil.example/x.png)",
    "<b id=tryit>x</b> <form action=x><input name=q></form>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_readme_cannot_run_anything(text: str) -> None:
    html = markup.readme(text, lambda target, _picture: target)
    for bad in (
        "<script",
        "onerror",
        "javascript:",
        "<style",
        "<iframe",
        "<form",
        'id="tryit"',
        "<svg",
    ):
        assert bad not in html.lower()
    assert 'src="http' not in html


def test_hostile_metadata_stays_text(tmp_path: Path, site_tools) -> None:
    root = site_tools.write_catalog(tmp_path / "c")
    file = root / "modules/leaf-finder/module.yaml"
    text = file.read_text().replace("title: Leaf finder", "title: '<script>alert(1)</script>'")
    file.write_text(text)
    site_tools.make(root, root / "_site")
    for path in (root / "_site").rglob("*.html"):
        assert "<script>alert" not in path.read_text()


def test_packed_columns_say_what_the_cards_say() -> None:
    assert formats.gpu_class(0) == "none"
    assert formats.gpu_class(8000) == "8"


def test_the_layout_needs_its_slots() -> None:
    with pytest.raises(DeepcatError, match="lost"):
        Layout.parse("<html></html>")
    assert base_of("modules/x/index.html") == "../.."


def test_the_bundle_is_made_of_these_sources(repository: Path) -> None:
    web = repository / "generator/web"
    paths = [p for f in ("src", "styles") for p in (web / f).rglob("*") if p.is_file()]
    names = sorted(
        [p.relative_to(web).as_posix() for p in paths] + ["build.mjs", "package-lock.json"]
    )
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0".encode())
        digest.update((web / name).read_bytes())
    bundle = repository / "site/overrides/assets/deepcat.js"
    assert bundle.read_text().startswith(f"/* sources {digest.hexdigest()[:32]} */")


def test_what_would_cost_the_square_of_its_length_is_bounded() -> None:
    def shown(text: str) -> str:
        return markup.readme(text, lambda target, _: target)

    assert ' id="readme-a"' in shown("# T\n\n" + "## A\n" * 10)
    assert " id=" not in shown("# T\n\n" + "## A\n" * 45_000)
    assert shown(">" * 190_000 + "x").count("<blockquote>") == markup.MAX_QUOTES
    assert "<div>" not in shown("<div>" * 38_000 + "x")
    assert len(shown("[^a]" * 40_000 + "\n\n[^a]: x\n")) < 1_000_000


def test_no_readme_borrows_the_looks_of_our_own_pages() -> None:
    text = (
        '<div class="top">x</div> <span class="badge badge-ok">checked</span>\n\n> [!NOTE]\n> y\n'
    )
    html = markup.readme(text, lambda target, _: target)
    assert "badge" not in html
    assert 'class="top"' not in html
    assert 'class="markdown-alert markdown-alert-note"' in html


def test_no_origin_adds_a_rule_to_the_policy() -> None:
    plain = policy()
    assert policy(["https://a.example;script-src", "https://a b", "*", "'unsafe-eval'"]) == plain
    rules = dict(rule.split(" ", 1) for rule in policy(["http://[::1]:8501"]).split("; "))
    assert rules["connect-src"] == "'self' http://[::1]:8501"


def test_blocks_run_as_their_letters_do() -> None:
    text = "# T\n\n\u0645\u0631\u062d\u0628\u0627 by 2\n\nplain\n\n- \u05e9\u05dc\u05d5\u05dd\n"
    html = markup.readme(text, lambda target, _: target)
    assert html.count('dir="auto"') == 3  # two paragraphs and a list; each finds its own
    assert re.findall(r"<(\w+) dir", html) == ["p", "p", "ul"]
    assert "dir=" not in markup.readme("plain \u00e9\n\n- list\n", lambda target, _: target)
    assert markup.readme('<p dir="rtl">\u05d0</p>', lambda target, _: target).count("dir=") <= 1


def test_the_end_of_a_line_is_no_blank_in_chinese_and_japanese() -> None:
    text = "\u82b1\u306e\n\u5206\u985e and\nmore\n\n```\n\u82b1\n\u5206\n```\n"
    html = markup.readme(text, lambda target, _: target)
    assert "\u82b1\u306e\u5206\u985e and\nmore" in html
    assert "\u82b1\n\u5206" in html
