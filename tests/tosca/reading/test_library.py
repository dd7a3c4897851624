"""The type library: held against tosca-parser's definitions and against the facts of INDIGO's."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat import resources
from deepcat.tosca.reading import library
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report
from deepcat.tosca.topology import Topology


def _facts(data: Any) -> Any:
    """A definition without what carries no fact: texts, what is the usual value anyway."""
    if isinstance(data, dict):
        dropped = {"description", "status", "metadata"}
        kept = {key: _facts(value) for key, value in data.items() if key not in dropped}
        if kept.get("required") is True:
            del kept["required"]
        if kept.get("occurrences") == [1, 1]:
            del kept["occurrences"]
        if "operations" in data:
            kept["operations"] = sorted(data["operations"])
        if isinstance(kept.get("entry_schema"), str):
            kept["entry_schema"] = {"type": kept["entry_schema"]}
        return {key: value for key, value in kept.items() if value not in ({}, None)}
    if isinstance(data, list):
        return [_facts(item) for item in data]
    return data


def _ours(name: str) -> dict[str, dict[str, Any]]:
    return {
        kind: {one: _facts(library.definition(name, kind, one)) for one in types}
        for kind, types in library.library(name).items()
    }


def _parser_definitions() -> dict[str, dict[str, Any]]:
    import toscaparser

    text = (Path(toscaparser.__file__).parent / "elements/TOSCA_definition.yaml").read_text()
    data = {kind: value for kind, value in yaml.safe_load(text).items() if kind in library.KINDS}
    # Operations stand there beside an interface's keys, and an artifact's version is no schema.
    data["interface_types"] = {
        name: {"operations": {key: {} for key in body}}
        for name, body in data["interface_types"].items()
    }
    data["interface_types"]["tosca.interfaces.Root"] = {}  # the standard has it, the parser not
    data["artifact_types"]["tosca.artifacts.Root"].pop("properties")
    return {
        kind: {name: _facts(body or {}) for name, body in types.items()}
        for kind, types in data.items()
    }


def test_normative_types_are_those_of_the_parser() -> None:
    assert _ours("normative") == _parser_definitions()


def test_types_of_the_newer_profile_are_no_other_librarys() -> None:
    for kind, types in library.library("profile_1_3").items():
        assert not set(types) & set(library.library("normative")[kind])


def test_indigo_types_are_the_facts(shared_data: Path) -> None:
    facts = json.loads((shared_data / "tosca" / "indigo-types.json").read_text())
    ours, normative = _ours("indigo"), _ours("normative")
    for kind, types in facts.items():
        for name, body in types.items():
            known = ours[kind].get(name, normative[kind].get(name))
            assert known is not None
            known.pop("interfaces", None)  # the facts leave them out
            assert known == _facts(body), name


LIBRARIES = sorted(path.stem for path in resources.types().glob("*.yaml"))


def test_how_many_types_a_library_has() -> None:
    """As many as its source had when it was read; two more that GRyCAP's templates show."""
    counted = {
        name: {kind: len(types) for kind, types in library.library(name).items() if types}
        for name in ("grycap", "indigo")
    }
    assert counted == {
        "grycap": {
            "node_types": 48,
            "relationship_types": 3,
            "capability_types": 14,
            "data_types": 10,
            "artifact_types": 3,
            "policy_types": 1,
        },
        "indigo": {
            "node_types": 72,
            "relationship_types": 4,
            "capability_types": 14,
            "data_types": 4,
            "artifact_types": 2,
            "policy_types": 3,
        },
    }


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_definition_can_be_worked_out(name: str) -> None:
    report = Report()
    types = Types({}, (name,), report)
    for kind, definitions in library.library(name).items():
        for one in definitions:
            entity = types.entity(kind, one)
            assert entity is not None
            for need in entity.requirements.values():
                for what, wanted in (
                    ("capability_types", need.capability),
                    ("node_types", need.node),
                    ("relationship_types", need.relationship),
                ):
                    assert not wanted or types.find(what, wanted), (one, wanted)
    assert report.findings() == ()


def test_our_roles_are_there(repository: Path) -> None:
    roles = {
        implementation.removeprefix("role:")
        for data in library.library("deepcat")["node_types"].values()
        for interface in data.get("interfaces", {}).values()
        for implementation in interface["operations"].values()
    }
    assert {"model", "model_server"} <= roles
    assert all(role.isidentifier() for role in roles)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("string", {"type": "string"}),
        ("string?", {"type": "string", "required": False}),
        ("integer = 4", {"type": "integer", "default": 4}),
        ("string? = a b", {"type": "string", "required": False, "default": "a b"}),
        ('string = "4"', {"type": "string", "default": "4"}),
        ("list of string? = []", {"type": "list", "entry_schema": {"type": "string"}, "required": False, "default": []}),
        ("map of list of float", {"type": "map", "entry_schema": {"type": "list", "entry_schema": {"type": "float"}}}),
        ("integer where in_range [1, 9]", {"type": "integer", "constraints": [{"in_range": [1, 9]}]}),
        ("string? = x where equal x", {"type": "string", "required": False, "default": "x", "constraints": [{"equal": "x"}]}),
    ],
)  # fmt: skip
def test_the_short_notation(short: str, full: dict[str, Any]) -> None:
    assert library.expand("node_types", {"properties": {"p": short}})["properties"]["p"] == full


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("deepcat", "deepcat"),
        ("indigo", "indigo"),
        ("tosca", "normative"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml", "indigo"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/refs/heads/devel/custom_types.yaml", "indigo_older"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/v4.1.0/custom_types.yaml", "indigo_older"),
        ("https://github.com/indigo-dc/tosca-types/raw/master/custom_types.yaml", "indigo"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/refs/heads/master/custom_types.yaml", "indigo"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/v5.1.0/custom_types.yaml", "indigo"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/mymaster/custom_types.yaml", "indigo_older"),
        ("http://raw.githubusercontent.com/indigo-dc/tosca-types/k8s_testing/custom_types.yml", "indigo_dodas"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/dodas_roll/custom_types.yaml", "indigo_dodas"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/devel_hybrid/custom_types.yaml", "indigo_hybrid"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/deep-2/custom_types.yaml", "indigo_older"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/stable/v4.0.1/custom_types.yaml", "indigo_older"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/refactor_dodas/dodas_types/dodas_types.yml", "dodas"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/refactor_dodas/dodas_types/dodas_custom_apps/htc_type.yml", "dodas"),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/refactor_dodas/dodas_types/dodas_legacy_types.yml", "dodas_legacy"),
        ("https://raw.githubusercontent.com/grycap/tosca/main/custom_types.yaml", "grycap"),
        ("https://github.com/grycap/tosca/blob/main/custom_types.yaml", "grycap"),
        ("https://raw.githubusercontent.com/grycap/tosca/refs/heads/main/custom_types.yaml", "grycap"),
        ("https://raw.githubusercontent.com/grycap/tosca/eosc_lot1/custom_types.yaml", "grycap_older"),
        ("https://github.com/grycap/tosca/raw/refs/heads/eosc_dc/custom_types.yaml", "grycap_older"),
        ("https://raw.githubusercontent.com/grycap/ec3/tosca/tosca/custom_types.yaml", "grycap_older"),
        ("https://raw.githubusercontent.com/grycap/ec3/tosca/custom_types.yaml", None),
        ("https://raw.githubusercontent.com/grycap/other/main/custom_types.yaml", None),
        ("https://raw.githubusercontent.com/grycap/tosca/custom_types.yaml", None),
        ("https://raw.githubusercontent.com/indigo-dc/tosca-types/master/other.yaml", None),
        ("https://raw.githubusercontent.com/someone/tosca-types/master/custom_types.yaml", None),
        ("custom_types.yaml", None),
    ],
)  # fmt: skip
def test_what_an_import_means(target: str, name: str | None) -> None:
    assert library.library_of(target) == name


BEFORE = """
tosca_definitions_version: tosca_simple_yaml_1_0
imports: [IMPORT]
topology_template:
  node_templates:
    vm: {type: tosca.nodes.indigo.Compute}
    n: {type: TYPE, properties: {PROPERTIES}, requirements: [NEEDS]}
    lrms: {type: tosca.nodes.indigo.LRMS.FrontEnd.Local, requirements: [{host: vm}]}
    docker: {type: tosca.nodes.indigo.Container.Runtime.Docker}
    portal: {type: tosca.nodes.indigo.GalaxyPortal, requirements: [{lrms: lrms}, {host: vm}]}
    master: {type: tosca.nodes.indigo.MesosMaster, properties: {marathon_password: p}, requirements: [{host: vm}]}
    slave: {type: tosca.nodes.indigo.MesosSlave, properties: {master_ips: [a], front_end_ip: a}, requirements: [{host: vm}]}
"""
CMS = "cms_local_site: a, mysquid_host: b, proxycache_host: c"
IAM = "iam_access_token: t, iam_client_id: i, iam_client_secret: s"
STAGED = "cms_stageoutserver: a, cms_stageoutprefix: b, cms_stageoutsite_fallback: c"


@pytest.mark.parametrize(
    ("one", "properties", "needs", "master"),
    [
        ("GalaxyPortalAndStorage", "os_storage: IaaS, token: t, provider: p, space: s", "{lrms: lrms}, {host: vm}", ["open-property"] * 4),
        ("GalaxyReferenceData", "refdata_provider_type: cvmfs, refdata_token: t", "{host: portal}", ["open-property"] * 2),
        ("GalaxyWnToolDeps", "flavor: f, front_end_ip: a", "{host: vm}", ["unknown-type"]),
        ("GalaxyWnCvmfsReferenceData", "refdata_dir: /r, version: v", "{host: vm}", ["unknown-type"]),
        ("Container.Runtime.Docker", "component_version: '1.0'", "{host: vm}", ["open-property", "unknown-requirement"]),
        ("Container.Application.Docker.Chronos", "command: ls, priviliged: true", "{host: docker}", ["open-property"]),
        ("Container.Application.Docker.Marathon", "priviliged: true", "{host: docker}", ["open-property"]),
        ("MesosSlave", "master_ips: [a]", "{host: vm}", ["missing-property"]),
        ("MesosMasterCms", "marathon_password: p, mysquid_host: a, proxycache_host: b, iam_access_token: t", "{host: vm}", ["unknown-type"]),
        ("MesosSlaveCms", "master_ips: [a], mysquid_host: a, proxycache_host: b", "{host: vm}", ["unknown-type"]),
        ("CmsServices", f"{CMS}, {IAM}, marathon_password: p", "{host: master}", ["missing-property"]),
        ("CmsWnConfig", f"{CMS}, cms_stageoutsite: s, {STAGED}", "{host: slave}", ["missing-property"] * 3 + ["open-property"] * 3),
    ],
)  # fmt: skip
def test_what_older_branches_knew(
    codes: Any, one: str, properties: str, needs: str, master: list[str]
) -> None:
    """Each is read as the branch had it, and objected to at the master, which has it no longer."""
    text = BEFORE.replace("TYPE", f"tosca.nodes.indigo.{one}").replace("NEEDS", needs)
    text = text.replace("PROPERTIES", properties)
    address = "https://raw.githubusercontent.com/indigo-dc/tosca-types/{}/custom_types.yaml"
    assert codes(text.replace("IMPORT", address.format("v4.0.0")), {}) == []
    assert sorted(codes(text.replace("IMPORT", address.format("master")), {})) == master


TRANSFERRED = """
topology_template:
  node_templates:
    vm: {type: tosca.nodes.indigo.Compute}
    list: {type: tosca.nodes.eosc.DatasetList, properties: {dataset_ids: [a, b], dest: /d, pvc_name: c}, requirements: [{host: vm}]}
    sent:
      type: tosca.nodes.eosc.dts.Dataset
      properties: {dataset_ids: [a]}
      requirements:
        - host: vm
        - remote_storage:
            node: store
            capability: tosca.capabilities.Storage
            relationship: {type: tosca.relationships.eosc.Transfers, properties: {dts_credential: {token: t}}}
    store:
      type: tosca.nodes.StorageSystem
      capabilities: {remote_storage: {properties: {type: s3s, endpoint: e, credentials: {token: t}, path: /x}}}
    lrms: {type: tosca.nodes.indigo.LRMS.FrontEnd.Slurm, properties: {dbd: false}, requirements: [{host: vm}]}
"""


def test_what_the_templates_of_the_field_use(codes: Any) -> None:
    """Hints alone: the library's own `valid_source_types` leave out what its templates host."""
    head = "tosca_definitions_version: tosca_simple_yaml_1_0\nimports: [grycap]"
    assert codes(head + TRANSFERRED, {}) == ["requirement"] * 3
    misspelt = TRANSFERRED.replace("dts_credential", "dts_credentials")
    assert "unknown-property" in codes(head + misspelt, {})


def test_types_that_are_not_imported_are_named(read: Any) -> None:
    text = "tosca_definitions_version: tosca_simple_yaml_1_3\ntopology_template: {node_templates: {a: {type: deepcat.nodes.Model}}}\n"
    _, (finding,) = read(text, {})
    assert finding.hint == "add `imports: [deepcat]`"


def test_secrets_are_references(codes: Any) -> None:
    text = """
topology_template:
  node_templates:
    h: {type: tosca.nodes.Compute}
    n: {type: deepcat.nodes.Notebook, requirements: [{host: h}], properties: {secrets: {TOKEN: VALUE}}}
"""
    assert codes(text.replace("VALUE", "env:TOKEN"), {}) == []
    assert codes(text.replace("VALUE", "hunter2"), {}) == ["constraint"]


@pytest.mark.parametrize("version", ["1_0", "1_1", "1_2", "1_3"])
def test_versions(good: Callable[..., Topology], version: str) -> None:
    text = f"tosca_definitions_version: tosca_simple_yaml_{version}\ntopology_template: {{node_templates: {{a: {{type: tosca.nodes.Root}}}}}}\n"
    assert good(text, {}).version == f"tosca_simple_yaml_{version}"


def test_the_page_of_types_is_the_library(repository: Path) -> None:
    """`python tests/tosca/types_page.py >site/pages/guides/types.md` writes it."""
    spec = spec_from_file_location("types_page", Path(__file__).parents[1] / "types_page.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert set(module.SOURCES) == set(LIBRARIES)
    assert (repository / "site/pages/guides/types.md").read_text() == module.page()
