"""A host with nothing of ours: brought up, updated under load, refused, healed, taken down."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from ssh_catalog import MODULE, Catalog
from ssh_hosts import USER, Hosts

from deepcat.serving.client.rest import Client

# A line of the user's own.
THEIRS = "0 0 1 1 * true"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("hosts with sshd", "Ansible"),
    pytest.mark.system("sshd", "ip", "nsenter", "cron"),
    pytest.mark.xdist_group("ssh hosts"),
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    folder = tmp_path_factory.mktemp("road")
    (folder / "hosts").mkdir()
    hosts = Hosts(folder / "hosts", 1)
    try:
        hosts.begin()
        made = Catalog(folder / "catalog", hosts.all[0])
        made.begin(hosts.key)
        yield made
    finally:
        hosts.end()


@contextmanager
def held(catalog: Catalog) -> Iterator[int]:
    """A tunnel for as long as it is needed; its port."""
    words = [sys.executable, "-m", "deepcat", "tunnel", "demo", "--json", "--port", "0"]
    with subprocess.Popen(words, cwd=catalog.root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            yield int(told["endpoints"]["rest"].rpartition(":")[2])
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def asked(port: int) -> Iterator[list[str]]:
    """Somebody asks without a pause; what failed is noted."""
    stop, failures = threading.Event(), list[str]()

    def ask() -> None:
        client = Client(f"http://127.0.0.1:{port}", timeout_s=120)
        while not stop.is_set():
            try:
                client.call(MODULE, "predict", {"instances": [1.0]})
            except Exception as error:
                failures.append(repr(error))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield failures
    finally:
        stop.set()
        thread.join()


def test_from_nothing_to_the_first_answer_and_no_more_after(catalog: Catalog) -> None:
    assert catalog.there() == ([], [])
    said = catalog.apply()
    assert "5 samples passed" in said
    assert catalog.predict() == [2.5]
    state = catalog.state()
    assert (state["cloud"], state["status"]) == ("bare", "running")

    before = catalog.there()
    assert len(before[0]) == 1
    assert "Nothing to do" in catalog.apply()
    assert catalog.there() == before, "a second time changes nothing"
    place = f"/home/{USER}/.deepcat/{before[0][0]}/demo"
    owner = json.loads(catalog.host.run(f"cat {place}/owner.json"))
    assert (owner["name"], owner["status"]) == ("demo", "running")
    # Never by what the host says of itself: all that were made from one image say the same.
    machine = owner["resources"]["machine"]
    assert re.fullmatch(r"bare/demo(\.\w+)?/[0-9a-f]{16}", machine)
    assert ".run-" not in catalog.host.run(f"ls -A {place}"), "what came along is gone"


def test_an_update_loses_no_request(catalog: Catalog) -> None:
    with held(catalog) as port, asked(port) as failures:
        catalog.release("1.1.0")
        assert "5 samples passed" in catalog.apply()
        assert catalog.state()["version"] == "1.1.0"
    assert failures == []


def test_what_fails_its_samples_leaves_the_old_one_serving(catalog: Catalog) -> None:
    pids = catalog.there()[1]
    with held(catalog) as port, asked(port) as failures:
        catalog.release("1.2.0", "predictions: [2.5", "predictions: [9.5")
        said = catalog.apply(ok=False)
    assert "run/sample" in said
    assert failures == []
    assert catalog.state()["version"] == "1.1.0"
    assert catalog.there()[1] == pids
    catalog.git("revert", "--no-edit", "HEAD")


def test_what_was_killed_is_seen_and_brought_up_again(catalog: Catalog) -> None:
    for pid, words in catalog.host.processes().items():
        if "keeping/one.py" in words:
            os.kill(pid, signal.SIGKILL)
    assert catalog.state()["status"] == "failed"
    assert "5 samples passed" in catalog.apply()
    keepers = [each for each in catalog.there()[1] if "keeping/one.py" in each]
    assert len(keepers) == 1, "never two of one"
    assert catalog.predict() == [2.5]


def test_what_the_host_s_restart_ended_begins_with_it(catalog: Catalog) -> None:
    host = catalog.host
    host.run(f"(echo '{THEIRS}'; crontab -l -u {USER}) | crontab -u {USER} -")
    host.restart()
    assert catalog.there()[1] == []
    assert catalog.state()["status"] == "failed"
    host.run("cron")  # as an init does
    until = time.monotonic() + 180
    while catalog.state()["status"] != "running":
        assert time.monotonic() < until
    # The next look finds it as it was recorded, by its keeper.
    assert "Nothing to do" in catalog.apply()
    # What runs is loading its model yet, and says so.
    while not (answers := _predictions(catalog)):
        assert time.monotonic() < until
    assert answers == [2.5]


def _predictions(catalog: Catalog) -> list[float]:
    """What it answers; nothing while it cannot."""
    with suppress(AssertionError):
        return catalog.predict()
    return []


def test_nothing_is_left(catalog: Catalog) -> None:
    catalog.deepcat("destroy", "demo", "--yes")
    assert catalog.there() == ([], [])
    assert catalog.host.run(f"crontab -l -u {USER}") == f"{THEIRS}\n"
    assert "Nothing" in catalog.deepcat("status")


TOOL = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces: {Standard: {create: scripts/create.sh, delete: scripts/delete.sh}}
"""
CREATE = """\
cat "$(dirname "$0")/words" >made
echo "host=$(uname -n)" >>"$DEEPCAT_OUTPUT"
echo "notebook=http://127.0.0.1:8888/?token=$(printf %s%s c4n 4ry)" >>"$DEEPCAT_PRIVATE"
echo "made by $(id -un)" >>/srv/all/said
"""


def test_scripts_of_a_module_run_in_their_box_there(catalog: Catalog) -> None:
    host, folder = catalog.host, catalog.root / "modules" / MODULE
    host.run("mkdir -p /srv/all && chmod 1777 /srv/all")
    (folder / "tosca.yaml").write_text(TOOL)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "words").write_text("words of the module\n")
    (folder / "scripts" / "create.sh").write_text(CREATE)
    (folder / "scripts" / "delete.sh").write_text("echo gone >>/srv/all/said\n")
    with (catalog.root / "deepcat.yaml").open("a") as settings:
        settings.write(f"allowed_folders: {{{MODULE}: [/srv/all]}}\n")
    wish = json.loads((catalog.root / "deployments" / "demo.yaml").read_text())
    del wish["inputs"]
    (catalog.root / "deployments" / "demo.yaml").write_text(json.dumps(wish))
    catalog.commit()
    catalog.apply()
    (listed,), running = catalog.there()
    place = f"/home/{USER}/.deepcat/{listed}/demo"
    assert host.run(f"cat {place}/own/made") == "words of the module\n"
    assert "c4n4ry" in host.run(f"cat {place}/private")
    assert running == []
    assert catalog.state()["private"] == ["notebook"]

    (folder / "scripts" / "create.sh").write_text("exit 7\n")
    catalog.commit()
    assert "ended with status 7" in catalog.apply(ok=False)

    catalog.deepcat("destroy", "demo", "--yes")
    assert host.run("cat /srv/all/said").splitlines()[-1] == "gone"
    assert catalog.there() == ([], [])
