"""All words of the interface stand in one catalogue file; nothing else says anything in English."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from deepcat_site import text
from deepcat_site.html.assets import flat
from deepcat_site.plurals import CATEGORIES, category

GENERATOR = "generator/deepcat_site"
# Names that are the same in every language, and what stands for names in an example.
NAMES = {
    "APA", "AI4OS", "BibTeX", "CITATION", "cff", "Croissant", "JSON", "OpenAPI", "ORCID",
    "RO-Crate", "version", "modules", "NAME", "badge", "json", "https", "SITE", "embed", "module",
    "img", "shields", "io", "endpoint", "url", "iframe", "src", "width", "height", "title", "v",
    "deployments", "yaml",
}  # fmt: skip
SEEN = ("alt", "title", "placeholder", "aria-label", "aria-description", "label")
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


class Said(HTMLParser):
    """Collects what a reader would read or hear."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._quiet = ""
        # A filled-in value may stand for anything, a name of a tag too: a star is no letter.
        self.feed(JINJA.sub("*", source))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._quiet = tag if tag in ("script", "style", "pre") else self._quiet
        self.found += [value for name, value in attrs if name in SEEN and value]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._quiet:
            self._quiet = ""

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.found.append(data)

    def words(self) -> set[str]:
        return {word for said in self.found for word in re.findall(r"[^\W\d_][\w-]*", said)}


def templates(repository: Path) -> list[Path]:
    found = sorted((repository / GENERATOR / "templates").glob("*.html"))
    return [*found, *sorted((repository / "site/overrides").glob("*.html"))]


def test_templates_say_nothing_of_their_own(repository: Path) -> None:
    paths = templates(repository)
    assert len(paths) > 20
    for path in paths:
        assert Said(path.read_text()).words() <= NAMES, path.name


def test_that_test_would_see_it() -> None:
    source = (
        '<p title="Hello">{{ x }} there {% if a > b %}you{% endif %}</p><script>let me</script>'
    )
    assert Said(source).words() == {"Hello", "there", "you"}


def looked_up(source: str) -> Iterator[str]:
    """Dotted paths below `text` that a template looks up, aliases followed."""
    names = {"text": ""}
    for alias, path in re.findall(r"\{% set (\w+) = text\.([\w.]+) %\}", source):
        names[alias] = f"{path}."
    for name, path in re.findall(r"\b(\w+)\.([\w.]+)", source):
        if name in names:
            yield names[name] + path


def test_templates_look_up_only_what_is_there(repository: Path) -> None:
    known = flat(text.load())
    groups = {key.rsplit(".", deep)[0] for key in known for deep in range(1, key.count(".") + 1)}
    for path in sorted((repository / GENERATOR / "templates").glob("*.html")):
        for key in looked_up(path.read_text()):
            whole = re.sub(r"\.(format|get|replace|items|counted)$", "", key)
            assert whole in known or whole in groups, f"{path.name}: {key}"


def sources(repository: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (repository / "generator/web/src").glob("*.ts")}


def test_the_browser_says_only_what_is_there_and_all_of_it(repository: Path) -> None:
    known = forms(flat(text.load()["browser"]))
    whole, begun = set(), set()
    for source in sources(repository).values():
        whole |= set(re.findall(r'\bsay\("([\w.]+)"', source))
        begun |= set(re.findall(r"\bsay\(`([\w.]+\.)\$\{", source))
        whole |= set(re.findall(r'\bsay\([^()]*\? "([\w.]+)" : "[\w.]+"', source))
        whole |= set(re.findall(r'\bsay\([^()]*\? "[\w.]+" : "([\w.]+)"', source))
        whole |= set(re.findall(r'\bsay\(dark\(\) \? "([\w.]+)" : "[\w.]+"', source))
        whole |= set(re.findall(r'\bsay\(dark\(\) \? "[\w.]+" : "([\w.]+)"', source))
    assert whole <= known.keys()
    rows = set(re.findall(r'\b(?:row|group)\("(\w+)"', sources(repository)["deploy.ts"]))
    assert {f"deploy.{name}" for name in rows} <= known.keys()
    unsaid = {key for key in known if key not in whole and not key.startswith(tuple(begun))}
    templates_say = {
        key.removeprefix("browser.")
        for path in templates(repository)
        for key in looked_up(path.read_text())
        if key.startswith("browser.")
    }
    assert {
        k for k in unsaid if not any(k.startswith(t.rsplit(".", 1)[0]) for t in templates_say)
    } == set()


def test_the_browsers_code_has_no_sentences_of_its_own(repository: Path) -> None:
    for name, source in sources(repository).items():
        code = re.sub(r"//[^\n]*|/\*.*?\*/", "", source, flags=re.DOTALL)
        for literal in LITERAL.findall(code):
            # Two words or more, and not a selector, a style, a path or a list of classes.
            if re.fullmatch(r"[A-Z][a-z]+( [\w,']+)+[.!?]?|[A-Z][a-z]{3,}", literal):
                assert literal in {"Escape", "Enter", "Image"}, f"{name}: {literal}"


def test_every_word_is_used(repository: Path) -> None:
    """What is in the catalogue and said nowhere would be translated for nothing."""
    frame = yaml.safe_load((repository / "mkdocs.yml").read_text())["extra"]["text"]
    words = {key: value for key, value in text.load().items() if key != "browser"}
    words["frame"] = frame
    code = "".join(
        path.read_text()
        for path in [*templates(repository), *(repository / GENERATOR).rglob("*.py")]
    )
    unused = {
        key
        for key in flat(words)
        if not re.search(rf"\b{re.escape(key.rpartition('.')[2])}\b", code)
    }
    # Looked up by a value of the catalog: a kind of link, of cloud, of provenance, a status.
    dynamic = (
        "link.",
        "provenance.",
        "resource.",
        "kind.",
        "status.",
        "language.",
        "facet.",
        "node.",
    )
    assert {key for key in unused if not key.startswith(dynamic)} == set()


def test_what_is_filled_in_has_a_name() -> None:
    for key, words in flat(text.load()).items():
        assert words.strip() == words, key
        assert all(re.fullmatch(r"\w+", name) for name in re.findall(r"\{(.*?)\}", words)), key


def test_the_catalogue_is_yaml_that_a_translator_can_copy(repository: Path) -> None:
    file = repository / "site/text/en.yaml"
    assert json.loads(json.dumps(yaml.safe_load(file.read_text()))) == text.load()


def forms(words: dict[str, str]) -> dict[str, str]:
    """Keys without the forms of plurals, which differ from one language to the next."""
    plural = {key.rpartition(".")[0] for key in words if key.endswith(".other")}
    return {
        key.rpartition(".")[0] if key.rpartition(".")[0] in plural else key: words_
        for key, words_ in words.items()
    }


@pytest.mark.parametrize("language", text.languages()[1:])
def test_every_language_says_all_with_the_same_parts_filled_in(language: str) -> None:
    ours = flat(text.load()) | {f"frame.{k}": w for k, w in text.frame_words().items()}
    theirs = flat(text.load(language))
    assert forms(ours).keys() == forms(theirs).keys()
    for key, words in theirs.items():
        asked = set(re.findall(r"\{(\w+)\}", ours.get(key) or forms(ours)[key.rpartition(".")[0]]))
        assert set(re.findall(r"\{(\w+)\}", words)) <= asked | {"n"}, key
        assert words.strip() == words, key
    # What is the same for a program is the same in every language.
    for key in ("home.use.icon", "home.use.command", "status_page.reach_command"):
        assert theirs[key] == ours[key]


@pytest.mark.parametrize("language", text.languages()[1:])
def test_what_reads_alike_is_translated_alike(language: str) -> None:
    """Pages are swapped text by text, so one text of ours cannot become two of theirs."""
    ours = flat(text.load()) | {f"frame.{k}": w for k, w in text.frame_words().items()}
    theirs = flat(text.load(language))
    found: dict[str, set[str]] = {}
    for key, words in ours.items():
        found.setdefault(words, set()).add(theirs[key])
    assert {words: each for words, each in found.items() if len(each) > 1} == {}


def test_a_word_that_is_counted_has_its_forms() -> None:
    for language in text.languages():
        groups: dict[str, set[str]] = {}
        for key in flat(text.load(language)):
            groups.setdefault(key.rpartition(".")[0], set()).add(key.rpartition(".")[2])
        for key, names in groups.items():
            if "other" in names:
                needed = {category(language, n) for n in range(200)}
                assert needed <= names <= CATEGORIES, key
        assert not [key for key in flat(text.load(language)) if key.endswith(("_one", "_many"))]
