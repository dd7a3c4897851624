"""Ways to get at the secret of another team by its name: each refused, each by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from deepcat.secrets.owners import SecretOwners, secret_owners
from deepcat.secrets.reference import parse

SETTINGS: Mapping[str, Any] = {
    "groups": {"team-a": ["ada", "@Grace"], "team-b": ["bob"], "maintainers": ["root"]},
    "secrets": {
        "team-a": [
            "env:DEEPCAT_WORKLOAD_TEAM_A_",
            "env:DEEPCAT_WORKLOAD_ONE",
            "vault:teams/a/",
            "vault:one/secret#mine",
        ],
        "team-b": ["env:DEEPCAT_WORKLOAD_", "vault:teams/", "vault:teams/a/of-b"],
        "maintainers": ["env:OS_PASSWORD", "file:/srv/keys/", "file:~/.keys/a", "keyring:cloud/"],
        "*": ["env:DEEPCAT_WORKLOAD_OPEN_", "oidc:https://vault.example.org"],
    },
}
OF_B = "belongs to `team-b`, not to `ada`"
OF_A = "belongs to `team-a`, not to `bob`"
SPELT = "is not spelt in the one way that can be told apart"
NOBODY = "belongs to nobody"
REFUSED = {
    # A beginning that only looks like one's own.
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_AB_KEY"): OF_B,
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_A"): OF_B,
    ("ada", "env:DEEPCAT_WORKLOAD_ONE_MORE"): OF_B,
    ("ada", "env:DEEPCAT_WORKLOAD_ONEMORE"): OF_B,
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_B_KEY"): OF_B,
    ("ada", "vault:teams/ab/key#k"): OF_B,
    ("ada", "vault:teams/a#k"): OF_B,
    ("ada", "vault:one/secret#theirs"): NOBODY,
    ("ada", "vault:one/secret/mine#mine"): NOBODY,
    # The nearest entry counts, in both directions.
    ("bob", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): OF_A,
    ("bob", "vault:teams/a/key#k"): OF_A,
    ("ada", "vault:teams/a/of-b#k"): OF_B,
    # A place that holds others is no secret itself.
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_A_"): OF_B,
    # Another way to spell it.
    ("ada", "vault:teams/a/../b/key#k"): SPELT,
    ("ada", "vault:teams/a/%2e%2e/b/key#k"): SPELT,
    ("ada", "vault:teams/a/%2E%2E%2fb/key#k"): SPELT,
    ("ada", "vault:teams/a/./key#k"): SPELT,
    ("ada", "vault:teams/a//key#k"): SPELT,
    ("ada", "vault:/teams/a/key#k"): SPELT,
    ("ada", "vault:teams/a/key/#k"): SPELT,
    ("ada", "vault:teams/a/key#a#b"): SPELT,
    ("ada", "vault:teams/a/key:other#k"): SPELT,
    ("ada", "vault:teams/a/x?list=true#k"): SPELT,
    ("ada", "vault:teams/a/x;y#k"): SPELT,
    ("ada", "vault:teams\\a\\key#k"): SPELT,
    ("ada", "vault:teams/a/\u2024\u2024/b#k"): SPELT,
    ("ada", "vault:teams/a/\uff0e\uff0e/b#k"): SPELT,
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_A_/../TEAM_B_KEY"): SPELT,
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_A_\u212aEY"): SPELT,
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_A_$IFS"): SPELT,
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY=1"): SPELT,
    # Another case is another place; a mount by its other name too.
    ("ada", "env:deepcat_workload_team_a_key"): NOBODY,
    ("ada", "vault:TEAMS/a/key#k"): NOBODY,
    ("ada", "vault:v1/teams/a/key#k"): NOBODY,
    ("ada", "vault:secret/data/teams/a/key#k"): NOBODY,
    # What is the catalog's own, or of no entry.
    ("ada", "env:OS_PASSWORD"): "belongs to `maintainers`, not to `ada`",
    ("ada", "env:PATH"): NOBODY,
    ("ada", "file:/srv/keys/../../etc/shadow"): SPELT,
    ("ada", "file:etc/shadow"): SPELT,
    ("ada", "file:/etc/shadow"): NOBODY,
    ("ada", "keyring:cloud-b/user"): NOBODY,
    ("ada", "oidc:https://vault.example.org.evil"): NOBODY,
    ("ada", "oidc:https://vault.example.org@evil/x"): NOBODY,
    # Handles that are no member: a group's name, its like, one among others, none at all.
    ("team-a", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): "not to `team-a`",
    ("@team-a", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): "not to `team-a`",
    ("ada-", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): "not to `ada-`",
    ("*", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): "not to `*`",
    ("ada bob", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): "not to `bob`",
    ("", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): "nobody answers",
    # A cloud has what is the catalog's, and nothing else.
    (None, "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"): "belongs to `team-a`, not to the catalog",
    (None, "file:/srv/keys"): NOBODY,
    (None, "file:~/.keys/ab"): NOBODY,
    (None, "file:~root/.keys/a"): SPELT,
}
GIVEN = [
    ("ada", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY"),
    ("ada grace", "vault:teams/a/key#k"),
    ("ADA", "env:DEEPCAT_WORKLOAD_ONE"),
    ("ada", "vault:one/secret#mine"),
    ("bob", "vault:teams/a/of-b#k"),
    ("bob", "env:DEEPCAT_WORKLOAD_TEAM_AB_KEY"),
    ("eve", "env:DEEPCAT_WORKLOAD_OPEN_KEY"),
    (None, "env:OS_PASSWORD"),
    (None, "file:/srv/keys/a"),
    (None, "file:~/.keys/a"),
    (None, "keyring:cloud/user"),
    (None, "oidc:https://vault.example.org"),
]


def why_not(owners: SecretOwners | None, who: str | None, text: str) -> str:
    reference = parse(text)
    assert owners and reference
    return owners.why_not(reference, None if who is None else frozenset(who.split()))


@pytest.mark.parametrize(("who", "text"), REFUSED)
def test_nobody_reaches_what_belongs_to_others(who: str | None, text: str) -> None:
    assert REFUSED[who, text] in why_not(secret_owners(SETTINGS), who, text)


@pytest.mark.parametrize(("who", "text"), GIVEN)
def test_everyone_reaches_their_own(who: str | None, text: str) -> None:
    assert why_not(secret_owners(SETTINGS), who, text) == ""


@pytest.mark.parametrize("said", [None, [], "all", {"ada": "env:A"}, {"ada": [1, "no"]}, {}])
def test_what_cannot_be_read_gives_nobody_anything(said: Any) -> None:
    owners = secret_owners({"secrets": said})
    assert NOBODY in why_not(owners, "ada", "env:DEEPCAT_WORKLOAD_TEAM_A_KEY")
    assert secret_owners(json.loads("{}")) is None
