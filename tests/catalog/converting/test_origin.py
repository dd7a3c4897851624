"""Addresses of repositories, as people and lists write them."""

from __future__ import annotations

import pytest

from deepcat.catalog.converting.listings import of_list, of_submodules
from deepcat.catalog.converting.origin import Origin, beside, parse
from deepcat.errors import UsageError


@pytest.mark.parametrize(
    ("source", "address", "ref", "path", "page", "name"),
    [
        ("o/r", "https://github.com/o/r", "", "", "https://github.com/o/r", "r"),
        ("o/r@v1", "https://github.com/o/r", "v1", "", "https://github.com/o/r", "r"),
        (
            "https://h.org/o/r.git@f/x",
            *("https://h.org/o/r.git", "f/x", "", "https://h.org/o/r", "r"),
        ),
        ("https://me@h.org/o/r", "https://me@h.org/o/r", "", "", "https://h.org/o/r", "r"),
        ("https://me:pw@h.org/r", "https://me:pw@h.org/r", "", "", "https://h.org/r", "r"),
        ("git@h.org:o/r.git", "git@h.org:o/r.git", "", "", "https://h.org/o/r", "r"),
        ("git@h.org:o/r@main", "git@h.org:o/r", "main", "", "https://h.org/o/r", "r"),
        ("git@h.org:r", "git@h.org:r", "", "", "https://h.org/r", "r"),
        ("ssh://git@h.org:22/o/r", "ssh://git@h.org:22/o/r", "", "", "https://h.org/o/r", "r"),
        ("file:///srv/r.git@main", "file:///srv/r.git", "main", "", "", "r"),
        ("git://h.org/r", "git://h.org/r", "", "", "", "r"),
        (
            "https://github.com/o/r/tree/main/models/a",
            *("https://github.com/o/r", "main", "models/a", "https://github.com/o/r", "a"),
        ),
        (
            "https://gitlab.com/g/s/r/-/blob/v1/rdf.yaml",
            *("https://gitlab.com/g/s/r", "v1", "rdf.yaml", "https://gitlab.com/g/s/r", "r"),
        ),
        (
            "https://codeberg.org/o/r/src/branch/main/a%20b",
            *("https://codeberg.org/o/r", "main", "a b", "https://codeberg.org/o/r", "a b"),
        ),
        (
            "https://raw.githubusercontent.com/o/r/refs/heads/main/x/rdf.yaml",
            *("https://github.com/o/r", "main", "x/rdf.yaml", "https://github.com/o/r", "r"),
        ),
        (
            "https://huggingface.co/o/m/resolve/main/README.md",
            *("https://huggingface.co/o/m", "main", "README.md", "https://huggingface.co/o/m", "m"),
        ),
    ],
)
def test_what_is_meant(
    source: str, address: str, ref: str, path: str, page: str, name: str
) -> None:
    found = parse(source)
    assert (found.address, found.ref, found.path) == (address, ref, path)
    assert (found.page, found.name) == (page, name)
    assert "pw" not in str(found)


@pytest.mark.parametrize(
    "source",
    [
        *(
            "ext::sh -c x",
            "ext::x",
            "fd::3",
            "--upload-pack=x",
            "-x",
            "ftp://h/r",
            "javascript://x",
        ),
        *("https://h/o/r@-x", "https://h/o/r@a..b", "https://h/o/r@a~1", "https://h/o/r@a:b"),
        *("https://h/o/r@x.lock", "https://h/a\u202eb", "https://h/a b"),
        *("https://h/o/r/tree/main/../x", "https://h/x.json", f"https://h/{'x' * 2000}"),
    ],
)
def test_what_is_no_repository(source: str) -> None:
    with pytest.raises(UsageError):
        parse(source)


def test_the_same_source_has_one_key() -> None:
    ways = ("https://h.org/o/r", "https://me@h.org/o/r.git", "https://h.org/o/R/@main")
    assert {parse(way).key for way in ways} == {"https://h.org/o/r"}


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://h.org/o/r", "https://h.org/o/r"),
        ("https://me:pw@h.org/o/r", "https://h.org/o/r"),
        ("../other", "https://github.com/o/other"),
        ("./below", "https://github.com/o/list/below"),
        ("../../p/r.git", "https://github.com/p/r.git"),
        ("../../../evil", None),
        ("../../../../evil", None),
        ("../a/../../b", None),
        ("..", None),
        ("file:///etc", None),
        ("http://h.org/o/r", None),
        ("ssh://h.org/r", None),
        ("git@h.org:o/r", None),
        ("/etc", None),
        ("ext::sh", None),
        ("o/r", None),
        ("", None),
    ],
)
def test_what_a_list_may_name(address: str, found: str | None) -> None:
    origin = beside(Origin("https://github.com/o/list.git"), address)
    assert (origin and origin.address) == found


def test_a_list_that_lies_here_names_those_beside_it() -> None:
    origin = beside(Origin("/srv/hub/o/list.git"), "../roses")
    assert origin is not None and origin.address == "/srv/hub/o/roses"


@pytest.mark.parametrize(
    ("text", "found", "refused"),
    [
        ("- module: https://h/a\n- module: https://h/a.git\n", ["https://h/a"], 0),
        ("- https://h/a@v1\n- 3\n- {}\n", ["https://h/a@v1"], 2),
        ("modules:\n- {url: https://h/a, branch: dev}\n", ["https://h/a@dev"], 0),
        (
            "a: {url: https://h/a, ref: v2}\nb: {repository: https://h/b}\n",
            ["https://h/a@v2", "https://h/b"],
            0,
        ),
        ("- file:///etc\n- https://h/b\n", ["https://h/b"], 1),
        ("just words\n", [], 0),
        ("a: [1\n", [], 0),
    ],
)
def test_lists_in_yaml(text: str, found: list[str], refused: int) -> None:
    listing = of_list(text.encode(), "MODULES.yml", Origin("https://h/list"))
    assert ([str(each) for each in listing.origins], len(listing.refused)) == (found, refused)


def test_submodules() -> None:
    config = (
        "submodule.a.path\na\0submodule.a.url\nhttps://h/o/a.git\0submodule.a.branch\nmain\0"
        "submodule.b.c.url\n../b\0submodule.same.branch\n.\0submodule.same.url\nhttps://h/s\0"
        "core.fsmonitor\nx\0submodule.bad.url\n-x\0submodule.none.path\nnone\0"
    )
    listing = of_submodules(config.encode(), Origin("https://h/o/list"))
    assert [str(each) for each in listing.origins] == [
        *("https://h/o/a.git@main", "https://h/o/b", "https://h/s")
    ]
    assert listing.refused == ("-x", "an entry without an address")
