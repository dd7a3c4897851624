"""Hosts of one cloud, each a shape of its own: a deployment moves between them, and leaves nothing.

The kind is the template's, as an outside package brings it: each host is a folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cloud_packages
import pytest

from deepcat.catalog.identity import identity

pytestmark = [pytest.mark.starts("Ansible"), pytest.mark.slow]

TEMPLATE = Path(__file__).parents[1] / "clouds" / "template_kind"
CLOUD = """\
apiVersion: deepcat/v1
name: racks
kind: folders
summary: Hosts that stand apart.
folders:
  hosts: {hosts}
"""


class Racks:
    """The catalog `tool` on three hosts."""

    def __init__(self, tool: Any, folder: Path) -> None:
        self.tool = tool
        self.hosts = {name: folder / name for name in ("a", "b", "c")}
        for host in self.hosts.values():
            host.mkdir()
        hosts = json.dumps({name: str(host) for name, host in self.hosts.items()})
        tool.write({"clouds/local.yaml": None, "clouds/racks.yaml": CLOUD.format(hosts=hosts)})
        tool.commit("racks")

    def there(self) -> list[str]:
        """Hosts on which something of the catalog lies."""
        own = identity(self.tool.root)
        return [name for name, host in self.hosts.items() if (host / own / "demo").is_dir()]

    def record(self) -> str:
        return str(self.tool.git("show", "records:deployments/demo.yaml"))

    def hide(self, name: str) -> None:
        """The host does not answer any more."""
        self.hosts[name].rename(self.hosts[name].with_suffix(".hidden"))

    def bring_back(self, name: str) -> None:
        self.hosts[name].with_suffix(".hidden").rename(self.hosts[name])


@pytest.fixture
def racks(tool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Racks:
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(cloud_packages.unpack(TEMPLATE, package)))
    folder = tmp_path / "racks"
    folder.mkdir()
    return Racks(tool, folder)


def test_it_leaves_a_host_that_is_silent_for_long_and_has_no_second_life_there(
    racks: Racks,
) -> None:
    tool = racks.tool
    tool.deepcat("apply", "--yes")
    assert racks.there() == ["a"]
    assert "\nshape: a\n" in racks.record()
    assert f"\ncatalog: {identity(tool.root)}\n" in racks.record()

    racks.hide("a")
    said = tool.deepcat("ci", "watch")
    assert "no folder, so nothing is known of racks/a" in said
    assert (racks.there(), "should run" in said) == ([], False), "who is silent is not dead"

    tool.write({"deepcat.yaml": (tool.root / "deepcat.yaml").read_text() + "moves_after: 2\n"})
    tool.commit("move what is silent")
    assert "racks/a does not answer, at 1 of 2 looks" in tool.deepcat("ci", "watch")
    assert racks.there() == []
    assert "racks/a does not answer, at 2 of 2 looks" in tool.deepcat("ci", "watch")
    said = tool.deepcat("ci", "watch")
    assert "it did not answer at 2 looks in a row" in said
    assert racks.there() == ["b"]
    assert "\nshape: b\n" in racks.record()
    assert "silent:" not in racks.record()

    racks.bring_back("a")
    assert racks.there() == ["a", "b"]
    record = racks.record()
    said = tool.deepcat("ci", "watch")
    assert "demo: an older copy of it is on racks/a" in said
    assert racks.there() == ["b"]
    assert racks.record() == record
    assert "demo: its older copy on racks/a is gone" in tool.git("log", "--format=%s", "records")
    assert "older copy" not in tool.deepcat("ci", "watch")


def test_a_wish_moves_it_to_another_host_and_the_first_is_left_empty(racks: Racks) -> None:
    tool = racks.tool
    tool.deepcat("apply", "--yes")
    assert racks.there() == ["a"]
    shapes = "shapes: [{name: b}, {name: c}]\n"
    hosts = json.dumps({name: str(host) for name, host in racks.hosts.items()})
    tool.write({"clouds/racks.yaml": CLOUD.format(hosts=hosts) + shapes})
    tool.commit("b and c alone are offered")
    tool.deepcat("apply", "--yes")
    assert racks.there() == ["b"]
    assert tool.deepcat("plan").count("create") == 0
    tool.deepcat("destroy", "--all", "--yes")
    assert racks.there() == []


def test_a_host_that_fails_is_left_for_the_next_of_the_same_cloud(racks: Racks) -> None:
    tool = racks.tool
    # Where its folder should be lies a file: nothing can be brought up there.
    (racks.hosts["a"] / identity(tool.root)).write_text("in the way")
    said = tool.deepcat("apply", "--yes")
    assert racks.there() == ["b"]
    assert "demo" in said
    assert "\nshape: b\n" in racks.record()


def test_a_clouds_file_goes_with_what_runs_there_or_the_plan_says_that_it_is_missed(
    racks: Racks,
) -> None:
    tool = racks.tool
    file = (tool.root / "clouds/racks.yaml").read_text()
    tool.write({"modules/tool/README.md": "# Tool, not committed\n"})
    tool.deepcat("apply", "--yes")
    tool.write({"clouds/racks.yaml": None})
    said = tool.deepcat("plan", ok=False)
    assert "bring the file back until nothing runs there" in said

    tool.write({"clouds/racks.yaml": file})
    tool.commit("as it was")
    tool.deepcat("destroy", "--all", "--yes")
    tool.deepcat("apply", "--yes")
    tool.write({"clouds/racks.yaml": None})
    tool.commit("no racks")
    said = tool.deepcat("apply", "--yes", ok=False)
    assert "`clouds/racks.yaml` is gone, and it runs there: it is left as it is" in said
    assert racks.there() == ["a"]

    local = "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: This machine.\n"
    tool.write({"clouds/local.yaml": local})
    tool.commit("another cloud")
    assert "racks/a → `clouds/racks.yaml` is gone" in tool.deepcat("apply", "--yes")
    assert racks.there() == []
