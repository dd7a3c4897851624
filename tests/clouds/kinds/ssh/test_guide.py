"""The file that the guide shows is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from deepcat.catalog.values import Cloud
from deepcat.clouds.kinds.ssh.hosts import hosts, link
from deepcat.clouds.kinds.ssh.schema import SCHEMA
from deepcat.remote.config import config


def test_the_guides_file_says_how_each_host_is_reached(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEEPCAT_SSH_KEY", "a key")
    text = (repository / "site/pages/guides/clouds-ssh.md").read_text("utf-8")
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    data = yaml.safe_load(block[1])
    Draft202012Validator(SCHEMA).validate(data["ssh"])
    cloud = Cloud("rack", "clouds/rack.yaml", "ssh", data)
    for name in hosts(cloud):
        assert config(link(cloud, name, tmp_path), tmp_path / "known", tmp_path)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ({"listen": "10.0.0.12"}, True), ({"listen": "fd00::12"}, True),
        ({"listen": "0.0.0.0"}, False), ({"listen": "::"}, False), ({"listen": "-x"}, False),
        ({"listens": "10.0.0.12"}, False),
    ],
)  # fmt: skip
def test_an_address_that_is_nobodys_is_refused(host: dict[str, str], is_one: bool) -> None:
    section = {"hosts": {"two": host}, "known_hosts": []}
    assert Draft202012Validator(SCHEMA).is_valid(section) is is_one
