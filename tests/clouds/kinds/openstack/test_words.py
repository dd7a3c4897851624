"""What an OpenStack says, and what is made of it: rows of data."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack import account, data_volume, flavours, names
from deepcat.clouds.kinds.openstack.console import host_key
from deepcat.clouds.kinds.openstack.first_boot import user_data
from deepcat.clouds.kinds.openstack.first_mount import command, seen
from deepcat.clouds.kinds.openstack.hosts import address, link
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.clouds.kinds.openstack.refused import refused
from deepcat.clouds.kinds.openstack.schema import SCHEMA
from deepcat.clouds.kinds.openstack.server_groups import settled
from deepcat.errors import DeepcatError

HERE = Path(__file__).parent
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJz0c1y5z1wqk1bJ2m0vZb1uKcW5mQ0u7T1xQfXkq3Zr"
OF = Of("0123456789ab", "demo", "small")


def rows(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((HERE / f"{name}.yaml").read_text()))


def _id(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("says"))


@pytest.mark.parametrize("row", rows("accounts"), ids=_id)
def test_who_calls(row: dict[str, Any]) -> None:
    auth = {"auth_url": "https://keystone.example.org/v3", "username": "ada", **row.get("auth", {})}
    told = {"auth": auth, **row.get("told", {})}
    text = row.get("text") or yaml.safe_dump({"clouds": {"lab": told}})
    own = {"clouds": "env:X", "cloud": "lab", **row.get("own", {})}
    if "says" in row:
        with pytest.raises(DeepcatError, match=row["says"]) as caught:
            account.config(own, text, "")
        assert caught.value.code == "run/login"
        return
    found = account.config(own, text, "")
    kind = row.get("told", {}).get("auth_type", "password")
    assert found == {"auth_type": kind, "auth": auth, **row.get("kept", {})}


def test_a_credential_and_a_token() -> None:
    at = "https://keystone.example.org/v3"
    found = account.config({"address": at, "id": "c", "region": "one"}, "", "hidden")
    assert found["auth_type"] == "v3applicationcredential"
    assert found["auth"]["application_credential_secret"] == "hidden"
    assert found["region_name"] == "one"
    own = {"address": at, "provider": "egi", "protocol": "openid", "project": "p"}
    found = account.config(own, "", "token")
    assert found["auth_type"] == "v3oidcaccesstoken"
    assert found["auth"]["access_token"] == "token"
    with pytest.raises(DeepcatError, match="no https address"):
        account.config({**own, "address": "http://keystone.example.org"}, "", "token")


def test_a_section_that_says_too_little() -> None:
    cloud = Cloud("lab", "clouds/lab.yaml", "openstack", {"openstack": {"network": "models"}})
    with pytest.raises(DeepcatError, match="does not say how its OpenStack is used") as caught:
        account.section(cloud)
    assert caught.value.code == "run/openstack"


@pytest.mark.parametrize("row", rows("refused"), ids=_id)
def test_what_is_refused(row: dict[str, Any]) -> None:
    found = refused(row["status"], row["says"])
    assert (found.kind, found.code) == (row["kind"], row["code"])
    assert row["says"] in found.message
    assert found.hint


@pytest.mark.parametrize("row", rows("flavours"), ids=_id)
def test_what_a_flavour_offers(row: dict[str, Any]) -> None:
    told = {"name": "one", "vcpus": 2, "ram": 4096, "disk": 20, "extra_specs": row["specs"]}
    found = flavours.shape(told, is_told=row.get("is_told", False))
    assert found.accelerator == row.get("accelerator")
    assert found.accelerators == row["accelerators"]
    assert row.get("down", "") in found.down and bool(found.down) is ("down" in row)
    assert (found.cpus, found.memory_MiB, found.disk_MiB, found.free) == (2.0, 4096, 20480, None)


def _console(*keys: str, end: str = "-----END SSH HOST KEY KEYS-----\n") -> str:
    lines = "".join(f"{key} root@one\r\n" for key in keys)
    return f"[ 0.0] boot\r\n-----BEGIN SSH HOST KEY KEYS-----\r\n{lines}{end}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        ("FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE", ""),
        (_console(f"ssh-ed25519 {KEY}"), f"ssh-ed25519 {KEY}"),
        (_console(f"ecdsa-sha2-nistp256 {KEY}", f"ssh-ed25519 {KEY}"), f"ssh-ed25519 {KEY}"),
        (_console(f"ssh-rsa {KEY}"), ""),
        (_console(f"ssh-ed25519 {KEY}", end=""), ""),
        (f"ssh-ed25519 {KEY} root@one\n", ""),
        (
            _console(f"ssh-ed25519 {KEY}") + _console(f"ssh-ed25519 {KEY[:-2]}zz"),
            f"ssh-ed25519 {KEY}",
        ),
    ],
)
def test_the_key_that_a_console_tells(text: str, key: str) -> None:
    assert host_key(text) == key


def test_the_first_boot_is_told_nothing_secret() -> None:
    text = user_data("ssh-ed25519 AAAA: {x} # 'ada'")
    mark, _, rest = text.partition("\n")
    assert mark == "#cloud-config"
    told = yaml.safe_load(rest)
    assert told["users"][0]["ssh_authorized_keys"] == ["ssh-ed25519 AAAA: {x} # 'ada'"]
    assert "sudo" not in told["users"][0]
    kept = yaml.safe_load(user_data("ssh-ed25519 AAAA", keeps_default=True))
    assert [each if each == "default" else each["name"] for each in kept["users"]] == [
        "default",
        "deepcat",
    ]
    assert "ssh_keys" not in told


def test_the_first_boot_installs_what_a_clouds_file_names() -> None:
    told = yaml.safe_load(user_data("ssh-ed25519 AAAA", packages=["fuse3", "rclone"]))
    assert (told["package_update"], told["packages"]) == (True, ["fuse3", "rclone"])
    assert "packages" not in yaml.safe_load(user_data("ssh-ed25519 AAAA"))
    names = Draft202012Validator(SCHEMA["properties"]["packages"])
    assert names.is_valid(["fuse3", "rclone", "g++", "libfuse3-3"])
    for odd in (["-o"], ["a b"], ["a;b"], ["a", "a"], [""]):
        assert not names.is_valid(odd), odd


def test_the_first_boot_mounts_a_volume() -> None:
    text = user_data(
        "ssh-ed25519 AAAA", runs=[command("5f3c1d2e-0000-4000-8000-0000", "/srv", "x")]
    )
    (words,) = yaml.safe_load(text)["runcmd"]
    assert words[:2] == ["sh", "-c"]
    assert words[3:6] == ["deepcat", "5f3c1d2e-0000-4000-8", "/srv"]


@pytest.mark.parametrize(
    ("metadata", "own"),
    [
        ({}, False),
        ({**names.known(OF), "deepcat.part": "data"}, True),
        ({**names.known(replace(OF, shape="large")), "deepcat.part": "data"}, True),
        ({**names.known(replace(OF, deployment="other")), "deepcat.part": "data"}, False),
        (names.known(OF), False),
    ],
    ids=["strange", "own", "another-flavour", "another-deployment", "its-boot-disk"],
)
def test_whose_a_volume_for_data_is(metadata: dict[str, str], own: bool) -> None:
    assert data_volume.is_of({"metadata": metadata}, OF) is own


def test_whose_a_server_is() -> None:
    owner = {"name": "demo", "inputs": {"text": "ä" * 3000}, "status": "pending"}
    told = names.metadata(OF, owner)
    assert max(map(len, told.values())) <= 255
    assert names.of_metadata(told) == (OF, owner)
    assert names.of_metadata({**told, "deepcat.owner.00": "x"}) == (OF, {})
    assert names.of_metadata({}) is None
    assert names.of_metadata({"deepcat.catalog": "x"}) is None
    long = names.metadata(OF, {"name": "demo", "inputs": {"text": "a" * 60_000}, "nodes": {}})
    assert len(long) < 128
    assert names.of_metadata(long) == (OF, {"name": "demo", "inputs": {}, "nodes": {}})


def test_whose_the_rest_is() -> None:
    text = names.description(OF, {"module": "half", "version": "1.0.0", "run": "r" * 200})
    assert len(text) <= 255
    known = names.of_description(text)
    assert known is not None
    of, owner = known
    assert of == OF
    assert (owner["module"], owner["version"], owner["status"]) == ("half", "1.0.0", "pending")
    for strange in (
        "",
        None,
        "deepcat",
        "deepcat {",
        "deepcat []",
        "somebody's own",
        json.dumps({}),
    ):
        assert names.of_description(strange) is None
    assert names.of_description(text.replace("deepcat", "other", 1)) is None
    assert max(map(len, OF.tags)) <= 60


def test_where_a_server_is_reached() -> None:
    own, outside = ("fixed", "10.0.0.4"), ("floating", "198.51.100.4")
    assert address({"addresses": []}) == ""
    assert address({"addresses": [own, ("fixed", "10.0.0.5")]}) == "10.0.0.4"
    assert address({"addresses": [own, outside]}) == "198.51.100.4"
    assert address({"addresses": [("fixed", "-oProxyCommand=x")]}) == ""


@pytest.mark.parametrize(
    ("at", "told", "first", "later"),
    [
        ("/proc", "ok", "", ""),
        ("/proc", "it cannot be grown", "it cannot be grown", ""),
        ("/proc", None, "\n", ""),
        ("/nowhere", "ok", "ok", "ok"),
        ("/nowhere", "no disk", "no disk", "no disk"),
    ],
)
@pytest.mark.starts("a shell")
def test_what_a_first_boot_could_not_do_is_heard(
    tmp_path: Path, at: str, told: str | None, first: str, later: str
) -> None:
    file = tmp_path / "told"
    if told is not None:
        file.write_text(told)
    for is_first, says in ((True, first), (False, later)):
        script = seen(at, is_first=is_first, told=str(file))
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, says)


@pytest.mark.parametrize(
    ("key", "code"),
    [(f"ssh-ed25519 {KEY}", "run/unreachable"), ("", "run/host")],
    ids=["known", "new"],
)
def test_a_server_that_lost_its_address_is_there_all_the_same(key: str, code: str) -> None:
    own = dict.fromkeys(SCHEMA["required"], "x")
    lab = Cloud(name="lab", kind="openstack", path="clouds/lab.yaml", data={"openstack": own})
    server = {"name": "demo", "addresses": [], "metadata": {names.KEY: key}}
    with pytest.raises(DeepcatError) as caught:
        link(lab, Means(HERE), server)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("known", "mine", "used"),
    [
        ({"b": False}, "b", "b"),
        ({"b": False}, "", ""),  # its maker may take it back yet
        ({"a": False, "b": False}, "a", ""),
        ({"a": False, "b": True}, "a", "b"),
        ({"a": True, "b": True}, "b", "a"),
    ],
)
def test_which_of_several_server_groups_is_used(
    known: dict[str, bool], mine: str, used: str
) -> None:
    assert settled(known, mine) == used
