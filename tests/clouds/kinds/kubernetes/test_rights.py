"""What somebody is let do on a cluster: as objects, and as lines of a policy file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.clouds.kinds.kubernetes import rights
from deepcat.errors import DeepcatError

CLOUD = f"""\
apiVersion: deepcat/v1
name: lab
kind: kubernetes
summary: A cluster.
price: 0
kubernetes:
  login: {{kubeconfig: "env:DEEPCAT_TRIAL_KUBECONFIG"}}
  namespace: models
  image: registry.example/deepcat@sha256:{"0" * 64}
"""
LOCAL = "apiVersion: deepcat/v1\nname: here\nkind: local\nsummary: This machine.\nprice: 0\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "clouds").mkdir()
    (tmp_path / "modules").mkdir()
    (tmp_path / "clouds" / "lab.yaml").write_text(CLOUD)
    (tmp_path / "clouds" / "here.yaml").write_text(LOCAL)
    (tmp_path / "deepcat.yaml").write_text(
        "apiVersion: deepcat/v1\ntitle: T\nid: ours\ngroups: {lab: [ada], others: [eve]}\n"
    )
    return tmp_path


def said(root: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, ["-C", str(root), "clouds", "rights", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_an_account_may_apply_in_the_namespace_and_look_at_the_whole_cluster(root: Path) -> None:
    made = list(yaml.safe_load_all(said(root, "lab", "--to", "account:ci/robot")))
    assert [(each["kind"], each["metadata"]) for each in made] == [
        ("Role", {"name": "deepcat-apply", "namespace": "models"}),
        ("RoleBinding", {"name": "deepcat-apply", "namespace": "models"}),
        ("ClusterRole", {"name": "deepcat-apply-models"}),
        ("ClusterRoleBinding", {"name": "deepcat-apply-models"}),
    ]
    whom = {"kind": "ServiceAccount", "name": "robot", "namespace": "ci"}
    assert made[1]["subjects"] == made[3]["subjects"] == [whom]
    (secrets,) = (each for each in made[0]["rules"] if each["resources"] == ["secrets"])
    assert not {"get", "list", "watch"} & set(secrets["verbs"]), "no secret is ever read"
    assert not any(
        "*" in word for each in made[0]["rules"] for words in each.values() for word in words
    )


def test_the_catalogs_groups_read_as_tokens_name_them(root: Path) -> None:
    made = list(yaml.safe_load_all(said(root, "lab", "--may", "read", "--prefix", "oidc:")))
    assert [each["kind"] for each in made] == ["Role", "RoleBinding"]
    assert [each["name"] for each in made[1]["subjects"]] == ["oidc:lab", "oidc:others"]
    verbs = {verb for each in made[0]["rules"] for verb in each["verbs"]}
    assert verbs == {"get", "list", "create"}
    writes = [each["resources"] for each in made[0]["rules"] if "create" in each["verbs"]]
    assert writes == [["pods/portforward"]]


def test_abac_names_each_resource_and_who_reads_writes_nothing(root: Path) -> None:
    text = said(root, "lab", "--may", "read", "--form", "abac", "--to", "group:lab")
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(each["spec"]["readonly"] for each in lines)
    assert all(each["spec"]["namespace"] == "models" for each in lines)
    text = said(root, "lab", "--form", "abac", "--to", "account:robot", "--to", "user:ada")
    lines = [json.loads(line)["spec"] for line in text.splitlines()]
    assert {each["user"] for each in lines} == {"system:serviceaccount:models:robot", "ada"}
    whole = [each["resource"] for each in lines if each["namespace"] == ""]
    classes = ["deviceclasses", "resourceclaims", "resourceslices"]
    assert sorted(set(whole)) == sorted(["nodes", "pods", *classes])
    assert len(lines) == len({json.dumps(each) for each in lines})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nope", "--to", "user:ada"), "nope"),
        (("lab",), "nobody is named"),
        (("lab", "--to", "ada"), "names nobody"),
        (("lab", "--to", "role:ada"), "names nobody"),
        (("here", "--to", "user:ada"), "says no rights"),
    ],
)
def test_what_cannot_be_said_is_told(root: Path, words: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(cli, ["-C", str(root), "clouds", "rights", *words])
    assert isinstance(done.exception, DeepcatError)
    assert told in done.exception.message


def test_a_name_is_text_and_nothing_else(root: Path) -> None:
    odd = "user:a\n---\nkind: ClusterRole"
    made = list(yaml.safe_load_all(said(root, "lab", "--to", odd)))
    assert len(made) == 4
    assert made[1]["subjects"][0]["name"] == odd.removeprefix("user:")


def test_nothing_is_granted_twice_over() -> None:
    for rules in (rights.APPLY, rights.READ, rights.LOOK):
        named = [(*each["apiGroups"], *each["resources"]) for each in rules]
        assert len(named) == len(set(named))
