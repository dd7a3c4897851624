"""Text of the catalog reaches the host as it is written, and nothing in it is ever run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.plan.expressions import Expression
from deepcat.runs import ansible, plays
from deepcat.runs.dump import dump, protect_plays


def _trap(tmp_path: Path, name: str) -> str:
    return f"{{{{ lookup('pipe', 'touch {tmp_path / name}') }}}}"


@pytest.fixture
def events() -> list[Any]:
    return []


@pytest.mark.starts("Ansible")
def test_no_text_is_a_template(tmp_path: Path, events: list[Any]) -> None:
    node = {
        "name": "model",
        "type": "deepcat.nodes.Model",
        "properties": {
            "name": _trap(tmp_path, "name"),
            "version": 1,
            "archive": _trap(tmp_path, "archive"),
            "sha256": "0" * 64,
        },
        "inputs": {},
        "requirements": {},
    }
    # Beside what the role takes, for it refuses all else itself.
    more = {_trap(tmp_path, "key"): [_trap(tmp_path, "list"), {"deep": _trap(tmp_path, "deep")}]}
    compiled = [
        {
            "name": _trap(tmp_path, "play"),
            "hosts": "demo.host",
            "gather_facts": False,
            "tasks": [
                {
                    "name": _trap(tmp_path, "task"),
                    "ansible.builtin.import_role": {"name": "model", "tasks_from": "create"},
                    "vars": {"deepcat_node": node, "deepcat_secrets": more},
                }
            ],
        }
    ]
    files = tmp_path / "files"
    (files / "module").mkdir(parents=True)
    (files / "owner.json").write_text('{"name": "demo"}')
    variables = {
        "run": _trap(tmp_path, "run"),
        "place": str(tmp_path / "local" / "demo"),
        "address": "127.0.0.1",
        "files": str(files),
        "timeout": 10,
    }
    connection = {"ansible_connection": "local"}
    part = plays.Part("demo", compiled, variables, connection=connection)
    book = plays.playbook([part])
    folder = tmp_path / "run"
    ansible.write(folder, book, plays.inventory([part]))
    ansible.run(folder, events.append, lambda: False)
    failed = [e["event_data"]["res"] for e in events if e["event"] == "runner_on_failed"]
    archive = node["properties"]["archive"]  # type: ignore[index]
    assert failed[0]["deepcat_failure"]["message"] == f"the module has no file `{archive}`"
    names = [path.name for path in tmp_path.iterdir()]
    assert sorted(names) == ["files", "run"], "a template was evaluated"


def test_only_the_compilers_expressions_are_templates() -> None:
    task = {
        "name": "{{ 1 }}",
        "ansible.builtin.import_role": {"name": "model", "tasks_from": "create"},
        "vars": {"deepcat_node": {"{{ 2 }}": "{{ 3 }}", "ours": Expression("{{ 4 }}"), "n": 5}},
    }
    text = dump(protect_plays([{"name": "{{ 6 }}", "hosts": "a", "tasks": [{"block": [task]}]}]))
    for number in (1, 2, 3, 6):
        assert f'!unsafe "{{{{ {number} }}}}"' in text
    assert '"ours": "{{ 4 }}"' in text
    assert "name: model\n" in text


@pytest.mark.starts("Ansible")
def test_text_stays_text(tmp_path: Path, events: list[Any]) -> None:
    """Words that YAML could read as something else, through Ansible and back."""
    words = ["1.10", "0" * 64, "1e3", "yes", "null", "~", "2026-01-01", "=", "<<", "0x1F", "1_000"]
    words += ["12:30:45", "{{", "{% raw %}", "{#", "a: b", "- a", "'", '"', "\\", "\u2028", "é", ""]
    held = {"text": words, "numbers": [1, 1.5, True, None], "sums": Expression("{{ 1 + 1 }}")}
    task = {"name": "t", "ansible.builtin.debug": {"var": "held"}, "vars": {"held": held}}
    play = {"name": "p", "hosts": "a", "gather_facts": False, "tasks": [task]}
    inventory = {"all": {"hosts": {"a": {"ansible_connection": "local"}}}}
    ansible.write(tmp_path / "run", [play], inventory)
    ansible.run(tmp_path / "run", events.append, lambda: False)
    (found,) = [e["event_data"]["res"]["held"] for e in events if e["event"] == "runner_on_ok"]
    assert found == {"text": words, "numbers": [1, 1.5, True, None], "sums": 2}


@pytest.mark.parametrize("host", ["all", "localhost", "a:!b", "a,b", "a*", "~a", "a[0]", "a b", ""])
def test_a_host_is_never_a_pattern(host: str) -> None:
    from deepcat.errors import DeepcatError

    with pytest.raises(DeepcatError) as caught:
        plays.require_hosts([{"hosts": host, "tasks": []}])
    assert caught.value.code == "run/name"


@pytest.mark.starts("Ansible")
def test_no_setting_of_the_person_reaches_ansible(
    tmp_path: Path, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_STRATEGY", "no-such-strategy")
    monkeypatch.setenv("ANSIBLE_ROLES_PATH", "/nowhere")
    monkeypatch.setenv("CANARY", "secret-canary")
    monkeypatch.setenv("DEEPCAT_RUNTIMES", "/kept")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # what is kept of Ansible
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".ansible.cfg").write_text("[defaults]\nstrategy = no-such-strategy\n")
    play = {"name": "p", "hosts": "a", "gather_facts": False, "tasks": []}
    both = "{{ lookup('env', 'CANARY') }}|{{ lookup('env', 'DEEPCAT_RUNTIMES') }}"
    play["tasks"] = [{"name": "t", "ansible.builtin.debug": {"msg": both}}]
    folder = tmp_path / "run"
    inventory = {"all": {"hosts": {"a": {"ansible_connection": "local"}}}}
    ansible.write(folder, [play], inventory)
    done = ansible.run(folder, events.append, lambda: False)
    assert done.rc == 0, done.output
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"secret-canary" not in everything
    (said,) = [e["event_data"]["res"]["msg"] for e in events if e["event"] == "runner_on_ok"]
    assert said == "|/kept", "where what hosts are given lies is the person's to say"
    assert list((tmp_path / "home").iterdir()) == [tmp_path / "home" / ".ansible.cfg"]
