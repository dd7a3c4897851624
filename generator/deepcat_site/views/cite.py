"""How to cite a module: BibTeX, APA and CITATION.cff, from the same facts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring

from deepcat.catalog.values import Module
from deepcat_site.views.read import line, mapping, mappings, once, web

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        # Whatever reads BibTeX counts braces, also behind a backslash.
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "_": r"\_",
        "$": r"\$",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
# Addresses keep their signs, but no brace.
_PLAIN = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])\Z")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/[^\s\"<>]+)\Z", re.I)
_ORGANISATION = re.compile(r"\b(the|team|founders|consortium|project|group|community)\b", re.I)


@dataclass(frozen=True, slots=True)
class Author:
    """One author; `family` is empty for an organisation, whose name stands in `name`."""

    name: str
    given: str
    family: str
    orcid: str
    affiliation: str


@once
def authors(module: Module) -> tuple[Author, ...]:
    """The authors, with persons' names taken apart at the last space."""
    found = []
    for item in mappings(module.data.get("authors")):
        name = line(item.get("name"), 120)
        if not name:
            continue
        given, _, family = name.rpartition(" ")
        if not given or _ORGANISATION.search(name):
            given = family = ""
        orcid = _ORCID.match(line(item.get("orcid")))
        affiliation = line(item.get("affiliation"), 160)
        found.append(Author(name, given, family, orcid[1] if orcid else "", affiliation))
    return tuple(found)


@once
def doi(module: Module) -> str:
    """The bare DOI, or empty."""
    match = _DOI.match(line(module.data.get("doi")))
    return match[1] if match else ""


def _facts(module: Module) -> tuple[str, str, str]:
    dates = mapping(module.data.get("dates"))
    date = line(dates.get("updated") or dates.get("created"), 10)
    return line(module.data.get("title"), 200) or module.name, date, date[:4]


def bibtex(module: Module, url: str) -> str:
    """A BibTeX entry."""
    title, _, year = _facts(module)
    people = " and ".join(
        f"{a.family.translate(_LATEX)}, {a.given.translate(_LATEX)}"
        if a.family
        else f"{{{a.name.translate(_LATEX)}}}"
        for a in authors(module)
    )
    fields = {
        "author": people,
        "title": f"{{{title.translate(_LATEX)}}}",
        "year": year,
        "version": module.version,
        "doi": doi(module).translate(_PLAIN),
        "url": url.translate(_PLAIN),
    }
    rows = "".join(f"  {key} = {{{value}}},\n" for key, value in fields.items() if value)
    return f"@software{{{module.name},\n{rows}}}"


def apa(module: Module, publisher: str, url: str) -> str:
    """One line in APA's manner."""
    title, _, year = _facts(module)
    people = _apa_names(authors(module)) or publisher
    address = f"https://doi.org/{doi(module)}" if doi(module) else url
    return (
        f"{people} ({year or 'n.d.'}). {title} (Version {module.version}) [Machine-learning model]."
        f" {publisher}. {address}".rstrip()
    )


def _apa_names(people: Sequence[Author]) -> str:
    names = [
        f"{a.family}, {' '.join(f'{part[0]}.' for part in a.given.split())}" if a.family else a.name
        for a in people
    ]
    return ", & ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def cff(module: Module, url: str) -> str:
    """A CITATION.cff; every value is quoted, so that no text can be read as anything else."""
    title, date, _ = _facts(module)
    rows = [
        "cff-version: 1.2.0",
        'message: "If you use this model, please cite it as below."',
        "type: software",
        f"title: {_quoted(title)}",
        f"version: {_quoted(module.version)}",
    ]
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        rows.append(f"date-released: {_quoted(date)}")
    license_ = line(module.data.get("license"))
    if re.fullmatch(r"[A-Za-z0-9.+-]+", license_):
        rows.append(f"license: {_quoted(license_)}")
    if doi(module):
        rows.append(f"doi: {_quoted(doi(module))}")
    if web(url):
        rows.append(f"url: {_quoted(url)}")
    code = web(mapping(module.data.get("links")).get("source_code"))
    if code:
        rows.append(f"repository-code: {_quoted(code)}")
    summary = line(module.data.get("summary"))
    if summary:
        rows.append(f"abstract: {_quoted(summary)}")
    rows.append("authors:")
    for author in authors(module) or (Author(module.name, "", "", "", ""),):
        rows.extend(_cff_author(author))
    return "\n".join(rows) + "\n"


def _cff_author(author: Author) -> list[str]:
    if not author.family:
        return [f"  - name: {_quoted(author.name)}"]
    rows = [
        f"  - family-names: {_quoted(author.family)}",
        f"    given-names: {_quoted(author.given)}",
    ]
    if author.orcid:
        rows.append(f"    orcid: {_quoted(f'https://orcid.org/{author.orcid}')}")
    if author.affiliation:
        rows.append(f"    affiliation: {_quoted(author.affiliation)}")
    return rows


_quoted = encode_basestring
