"""Kinds of cloud of others: what is wrong with one is said of it, and never stops the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cloud_packages
import pytest
from jsonschema import Draft202012Validator

from deepcat.catalog import cloud_kinds
from deepcat.catalog.judging.cloud_schema import joined, why_unusable
from deepcat.catalog.values import Cloud
from deepcat.clouds import registry
from deepcat.clouds.kind import Means
from deepcat.errors import DeepcatError

Install = Callable[[str], Cloud]
PROJECT = """\
[project]
name = "deepcat-outside-odd"
version = "0.3"
[project.entry-points."deepcat.clouds"]
odd = "deepcat_outside_odd:KIND"
"""
SOUND = """
class Odd:
    name, is_here, schema, takes = "odd", False, {}, frozenset({"job"})
    def probe(self, *given): raise RuntimeError("no route")
    realise = reach = endpoint = tunnel = shell = logs = failure = observe = probe

KIND = Odd()
"""


@pytest.fixture
def install(tmp_path: Path, outside_kind: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package whose module holds this text, beside the sound one; gives such a cloud."""

    def install_(text: str, project: str = PROJECT) -> Cloud:
        package, folder = tmp_path / "package", tmp_path / "folder"
        package.mkdir()
        folder.mkdir()
        (package / "pyproject.toml").write_text(project)
        (package / "deepcat_outside_odd.py").write_text(text)
        monkeypatch.syspath_prepend(str(cloud_packages.unpack(package, folder)))
        cloud_packages.forget()
        return Cloud("strange", "clouds/strange.yaml", "odd", {})

    return install_


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("1 / 0", "ZeroDivisionError"),
        ("KIND = None", "it calls itself None"),
        (SOUND.replace('"odd"', '"other"'), "it calls itself 'other'"),
        (SOUND.replace("False", "0"), "its `is_here` is neither true nor false"),
        (SOUND.replace("{}", "[]"), "its `schema` is no mapping"),
        (SOUND.replace('frozenset({"job"})', '"job"'), "its `takes` is no set of words"),
        (SOUND.replace("= observe", ""), "it does not answer `observe`"),
    ],
)
def test_what_is_no_kind_names_its_package(
    install: Install, tmp_path: Path, text: str, why: str
) -> None:
    cloud = install(text)
    seen = registry.probe(cloud, Means(tmp_path, "own"))
    assert seen is not None
    assert not seen.healthy
    assert why in seen.detail
    assert "deepcat-outside-odd 0.3" in seen.detail
    assert registry.takes(cloud) == ()
    with pytest.raises(DeepcatError, match="deepcat-outside-odd") as raised:
        registry.kind_of(cloud)
    assert raised.value.code == "run/kind"


def test_what_it_raises_is_its_clouds_trouble_alone(install: Install, tmp_path: Path) -> None:
    cloud = install(SOUND)
    seen = registry.probe(cloud, Means(tmp_path, "own"))
    assert seen is not None
    assert (seen.healthy, seen.detail) == (False, "its kind `odd` failed: RuntimeError: no route")
    other = Cloud("far", "clouds/far.yaml", "outside", {})
    found = registry.probe(other, Means(tmp_path, "own"))
    assert found is not None
    assert found.healthy
    listings = registry.observe({"strange": cloud, "far": other}, Means(tmp_path, "own"))
    assert [each.detail for each in listings if each.detail] == [
        "the kind `odd` cannot look: RuntimeError: no route"
    ]
    assert [each.clouds for each in listings if each.clouds] == [frozenset({"far"})]


def test_what_it_raises_in_a_run_is_a_failure_that_names_it(install: Install) -> None:
    cloud = install(SOUND)
    with (
        pytest.raises(DeepcatError, match="kind of cloud `odd` failed: RuntimeError") as raised,
        registry.answering(cloud),
    ):
        registry.kind_of(cloud).endpoint(cloud, {})
    assert raised.value.code == "run/kind"
    with pytest.raises(DeepcatError, match="its own") as raised, registry.answering(cloud):
        raise DeepcatError("its own", code="run/own")
    assert raised.value.code == "run/own"
    assert registry.failure(cloud, {"msg": "it broke"}, False) is None, "it has no words for it"


def test_a_kind_that_two_packages_bring_is_nobodys(install: Install) -> None:
    cloud = install(SOUND, PROJECT.replace("odd = ", "outside = "))
    twice = Cloud(cloud.name, cloud.path, "outside", {})
    with pytest.raises(DeepcatError) as raised:
        registry.kind_of(twice)
    for name in ("deepcat-outside 1.0", "deepcat-outside-odd 0.3", "each of them brings it"):
        assert name in raised.value.message


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ('{"anyOf": []}', "uses `anyOf`"),
        ('{"properties": {"a": {"oneOf": [{"if": {}}]}}}', "uses `if`"),
        ('{"type": 7}', "is none"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told(install: Install, schema: str, why: str) -> None:
    install(SOUND.replace("{}", schema, 1))
    found = cloud_kinds.installed("odd")
    assert found is not None
    assert why in why_unusable(found)


def test_the_schemas_of_our_own_kinds_can_be_used() -> None:
    for name in cloud_kinds.names():
        found = cloud_kinds.installed(name)
        assert found is not None
        assert why_unusable(found) == "", name


def test_nobody_knows_a_kind_that_nobody_brings(tmp_path: Path) -> None:
    cloud = Cloud("far", "clouds/far.yaml", "nowhere", {})
    assert registry.probe(cloud, Means(tmp_path, "own")) is None
    with pytest.raises(DeepcatError, match="no package brings the kind `nowhere`"):
        registry.kind_of(cloud)


def test_a_cloud_that_others_share_is_asked_nothing_by_a_catalog_without_a_name(
    install: Install, tmp_path: Path
) -> None:
    cloud = install(SOUND.replace('raise RuntimeError("no route")', "1 / 0"))
    seen = registry.probe(cloud, Means(tmp_path))
    assert seen is not None
    assert (seen.healthy, seen.detail) == (False, registry.NAMELESS)
    listings = registry.observe({"strange": cloud}, Means(tmp_path))
    assert registry.NAMELESS in [each.detail for each in listings]
    here = registry.probe(Cloud("here", "clouds/here.yaml", "local", {}), Means(tmp_path))
    assert here is not None
    assert here.healthy


def test_a_section_is_closed_all_the_way_down(install: Install) -> None:
    nested = '{"hosts": {"items": {"properties": {"name": {}}}}, "any": {"type": "object"}}'
    install(SOUND.replace("{}", f'{{"properties": {nested}}}', 1))
    base = {"properties": {"kind": {}}, "patternProperties": {"^x-": {}}}
    schema = {"type": "object", **joined(base, "odd")}
    for data, is_sound in (
        ({"odd": {"hosts": [{"name": "a", "x-note": 1}], "any": {"free": 1}}}, True),
        ({"odd": {"hosts": [{"nam": "a"}]}}, False),
        ({"odd": {"host": []}}, False),
        ({"other": {}}, False),
    ):
        assert Draft202012Validator(schema).is_valid(data) is is_sound, data
