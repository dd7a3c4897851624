"""What the code imports is declared where it is needed, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "src", ROOT / "generator"]
OURS = {"deepcat", "deepcat_site"}
# Folder or file -> the extras that bring what it imports, beside the core.
EXTRAS = {
    "src/deepcat/catalog": {"fast"},
    "src/deepcat/tosca": {"fast", "tosca"},
    "generator/deepcat_site/html/figures.py": {"site"},
    "generator/deepcat_site/pictures.py": {"site"},
    "generator/deepcat_site/theme": {"site"},
    "src/deepcat/serving": {"serve", "lite"},
    "src/deepcat/clouds/kinds/kubernetes": {"kubernetes"},
    "src/deepcat/clouds/kinds/openstack": {"openstack"},
    "src/deepcat/runs": {"run"},
    "src/deepcat/forge": {"forge"},
    "src/deepcat/notify": {"notify"},
    "src/deepcat/loop/trained": {"store"},
    "src/deepcat/loop/tuned.py": {"sweep"},
    "src/deepcat/policies": {"policy"},
    "src/deepcat/runtime": {"sbom"},
    "src/deepcat/secrets": {"vault", "keyring"},
    "generator/review_picture.py": {"dev"},
    "generator/screenshots.py": {"dev"},
}
# Declared and never imported: programs, plugins, what another library asks for.
NEVER_IMPORTED = {
    "ansible", "ansible-core", "backports-strenum", "flask-swagger-ui", "httptools",
    "mkdocs-material", "supervisor",
}  # fmt: skip


def named(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return normal(found[0])


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def declared() -> Mapping[str, frozenset[str]]:
    """Extra (`""` for the core) -> the distributions that it names itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: frozenset(named(one) for one in group) - {"deepcat"}
        for extra, group in groups.items()
    }


def third_party(tree: ast.AST) -> Iterator[str]:
    """The modules of others that a file imports, as written."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            if (top := name.partition(".")[0]) not in OURS | sys.stdlib_module_names:
                yield "google.protobuf" if name.startswith("google.protobuf") else top


@cache
def distributions() -> Mapping[str, frozenset[str]]:
    """Module -> the distributions that bring it; one that is not installed bears its own name."""
    known = {
        module: frozenset(map(normal, names)) for module, names in packages_distributions().items()
    }
    return {**known, "google.protobuf": frozenset({"protobuf"})}


@cache
def imports() -> tuple[tuple[str, str], ...]:
    """File -> module, each once, sorted."""
    files = [
        file
        for source in SOURCES
        for file in source.rglob("*.py")
        if "node_modules" not in file.parts
    ]
    found = {
        (file.relative_to(ROOT).as_posix(), module)
        for file in files
        for module in third_party(ast.parse(file.read_text("utf-8")))
    }
    return tuple(sorted(found))


def test_an_import_is_declared_where_it_is_needed() -> None:
    assert [each for each in imports() if not _is_declared(*each)] == []


def _is_declared(file: str, module: str) -> bool:
    extras = next((extras for place, extras in EXTRAS.items() if file.startswith(place)), set())
    allowed = declared()[""].union(*(declared()[extra] for extra in extras))
    return bool(distributions().get(module, {normal(module)}) & allowed)


def test_what_is_declared_is_imported() -> None:
    used = {
        name for _, module in imports() for name in distributions().get(module, {normal(module)})
    }
    for extra in set(declared()) - {"dev"}:
        assert declared()[extra] - used - NEVER_IMPORTED == set(), extra


def test_every_requirement_has_a_lower_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    without = {one for group in groups for one in group if not re.search(r">=|==|deepcat\[", one)}
    assert without == {"types-PyYAML"}


def test_the_core_brings_nothing_compiled_that_has_a_stand_in() -> None:
    assert declared()["fast"] == {"jsonschema-rs", "ryaml"}
    assert not declared()["fast"] & declared()[""]
    assert {"jsonschema", "pyyaml"} <= declared()[""]


def test_a_server_asks_for_neither_the_website_nor_a_second_opinion() -> None:
    heavy = {"mkdocs", "mkdocs-material", "tosca-parser"}
    assert not heavy & (declared()[""] | declared()["serve"] | declared()["run"])
