"""Each contract about imports in `pyproject.toml` holds, and an import that it forbids breaks it.

The imports are planted in the graph that the linter itself reads, one at a time, each for the
contract that is to notice it; and once in files, where imports hide in functions and type checks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.application.use_cases import read_user_options
from importlinter.configuration import configure
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.contract import Contract

ROOT = Path(__file__).parent.parent
configure()
OPTIONS = read_user_options(str(ROOT / "pyproject.toml"))
ROOTS: list[str] = OPTIONS.session_options["root_packages"]
CONTRACTS: dict[str, dict[str, Any]] = {each["id"]: each for each in OPTIONS.contracts_options}
TYPES: dict[str, type[Contract]] = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
    "protected": ProtectedContract,
}
# Contract -> imports of which each alone breaks it.
PLANTED: dict[str, list[tuple[str, str]]] = {
    "layers": [
        ("deepcat.plan.values", "deepcat.loop.world"),
        ("deepcat.catalog.values", "deepcat.tosca.topology"),
        ("deepcat.resources", "deepcat.catalog.values"),
        ("deepcat.errors", "deepcat.resources"),
        ("deepcat.loop.world", "deepcat_site.build"),
    ],
    "circles": [
        ("deepcat.loop.report", "deepcat.loop.settle"),
        ("deepcat.catalog.reading.tree", "deepcat.catalog.reading.git_tree"),
        ("deepcat.tosca.evaluating.typed_values", "deepcat.tosca.evaluating.functions"),
        ("deepcat.catalog.judging.rule", "deepcat.catalog.judging.rules.module_title"),
    ],
    "world": [
        ("deepcat.plan.compile", "subprocess"),
        ("deepcat.loop.world", "http"),
        ("deepcat.clouds.match", "urllib"),
        ("deepcat.runs.state", "fcntl"),
        ("deepcat.serving.models.manager", "ctypes"),
        ("deepcat.review.rules", "github"),
    ],
    "host": [
        ("deepcat.host.place", "deepcat.errors"),
        ("deepcat.host.model_server.compare", "numpy"),
        ("deepcat.host.archive", "requests"),
    ],
    "training": [
        ("deepcat.training.harness", "deepcat.errors"),
        ("deepcat.training.archive", "tensorflow"),
    ],
    "catalog": [("deepcat.catalog.judging.judge", "deepcat.catalog.keeping.cache")],
    "judging": [("deepcat.catalog.judging.schema", "deepcat.catalog.judging.rule_registry")],
    "rules": [
        (
            "deepcat.catalog.judging.rules.module_title",
            "deepcat.catalog.judging.rules.module_summary",
        )
    ],
    "tosca": [("deepcat.tosca.drawing.draw", "deepcat.tosca.evaluating.nodes")],
    "clouds": [("deepcat.clouds.kinds.local.probe", "deepcat.clouds.match")],
    "seam": [("deepcat.runs.execute", "deepcat.clouds.kinds.local.hosts")],
    "plan": [("deepcat.plan.values", "deepcat.plan.steps")],
    "runs": [("deepcat.runs.state", "deepcat.runs.prepare")],
    "records": [("deepcat.records.history", "deepcat.records.store")],
    "loop": [("deepcat.loop.values", "deepcat.loop.observed")],
    "review": [("deepcat.review.rules", "deepcat.review.comment")],
    "forge": [("deepcat.forge.bare", "deepcat.forge.github_workflow")],
    "secrets": [("deepcat.secrets.mask", "deepcat.secrets.reference")],
    "serving": [("deepcat.serving.client.rest", "deepcat.serving.engine.choose")],
    "peers": [("deepcat.serving.server.run", "deepcat.serving.client.rest")],
    "box": [("deepcat.host.box.grant", "deepcat.host.box.layers")],
    "hosts": [("deepcat.host.place", "deepcat.host.model_server.servers")],
    "website": [
        ("deepcat_site.html.render", "deepcat_site.pages.home"),
        ("deepcat_site.views.card", "deepcat_site.api.document"),
        ("deepcat_site.views.links", "deepcat_site.pages.site"),
    ],
    "pages": [
        ("deepcat_site.pages.api", "deepcat_site.pages.check"),
        ("deepcat_site.pages.site", "deepcat_site.pages.home"),
    ],
    "theme": [("deepcat_site.theme.layout", "deepcat_site.theme.rendering")],
    "kinds": [("deepcat.clouds.kinds.local.kind", "deepcat.clouds.kinds.other.kind")],
}
CASES = [(name, *edge) for name, edges in PLANTED.items() for edge in edges]


@cache
def _imports() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOTS, include_external_packages=True, cache_dir=None)


def _graph() -> grimp.ImportGraph:
    graph = deepcopy(_imports())
    # A second kind of cloud, as another package could bring one.
    for module in ("deepcat.clouds.kinds.other", "deepcat.clouds.kinds.other.kind"):
        graph.add_module(module)
    return graph


def _holds(name: str, graph: grimp.ImportGraph) -> bool:
    options = CONTRACTS[name]
    contract = TYPES[options["type"]](options["name"], OPTIONS.session_options, options)
    return bool(contract.check(graph, verbose=False).kept)


def test_every_contract_has_an_import_that_breaks_it() -> None:
    assert PLANTED.keys() == CONTRACTS.keys()


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_holds(name: str) -> None:
    assert _holds(name, _graph())


@pytest.mark.parametrize(("name", "importer", "imported"), CASES)
def test_a_planted_import_breaks_its_contract(name: str, importer: str, imported: str) -> None:
    graph = _graph()
    assert {importer, imported} <= graph.modules
    assert not graph.direct_import_exists(importer=importer, imported=imported)
    graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="planted")
    assert not _holds(name, graph)


@pytest.mark.parametrize(("name", "allowed"), [("host", set()), ("training", {"yaml"})])
def test_what_travels_is_kept_from_all_else(name: str, allowed: set[str]) -> None:
    own = {f"deepcat.{name}", "deepcat.__main__"}
    rooms = {*_imports().find_children("deepcat"), "deepcat_site"} - own
    others = {
        module
        for module in _imports().modules - sys.stdlib_module_names
        if module.split(".")[0] not in ROOTS
    }
    assert (rooms | others) - allowed <= set(CONTRACTS[name]["forbidden_modules"])


HIDDEN = {
    "src/deepcat/plan/values.py": ("layers", "def planted():\n    import deepcat.loop.world\n"),
    "src/deepcat/runs/values.py": (
        "runs",
        "if TYPE_CHECKING:\n    from deepcat.runs.execute import execute\n",
    ),
    "src/deepcat/clouds/match.py": ("world", "def planted():\n    from urllib import request\n"),
}


@pytest.mark.starts("lint-imports")
def test_the_linter_names_the_contracts_that_a_file_breaks(tmp_path: Path) -> None:
    for folder in ("src/deepcat", "generator/deepcat_site"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, (_, text) in HIDDEN.items():
        with (tmp_path / path).open("a") as file:
            file.write(f"\n\n{text}")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'src'}:{tmp_path / 'generator'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    for name, _ in HIDDEN.values():
        assert f"{CONTRACTS[name]['name']} BROKEN" in done.stdout
    assert f"{CONTRACTS['tosca']['name']} KEPT" in done.stdout


@pytest.mark.parametrize("module", ["urllib.request", "http.client", "http.server"])
@pytest.mark.starts("ruff")
def test_ruff_refuses_http_to_a_file_without_a_licence(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "src/deepcat/plan/new.py", "-"],
        cwd=ROOT,
        input=f'"""New."""\n\nimport {module}\n\n{module}\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "TID251" in done.stdout
