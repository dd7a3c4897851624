"""JupyterLab on a server of its own, which takes no work along: `make openstack`, as root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import notebooks
import pytest
from ssh_hosts import Host
from stack.catalog import MODULE, Catalog
from stack.cloud import Stack
from stack.lab import NOTHING

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("OpenStack", "hosts with sshd", "Ansible", "JupyterLab"),
    pytest.mark.system("mariadbd", "sshd", "ip", "nsenter", "git"),
    pytest.mark.timeout(2400),
    # The rig's own connections end with the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
_FILES = "/home/deepcat/.deepcat/*/.work/demo/notebook/files"


@pytest.fixture
def catalog(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    monkeypatch.setenv("STACK_SECRET", stack.credential["secret"])
    monkeypatch.setattr(stack.guests, "namespaces", True)
    made = Catalog(tmp_path / "catalog", stack)
    made.begin()
    (made.root / "modules" / MODULE / "train.py").write_text("print(1)\n")
    made.wish(profile="develop", inputs={})
    try:
        yield made
    finally:
        made.deepcat("destroy", "demo", "--yes", "--discard", ok=None)


def _server(stack: Stack) -> Host:
    (host,) = stack.guests.all.values()
    return host


def test_a_server_stays_until_git_has_the_work(stack: Stack, catalog: Catalog) -> None:
    with notebooks.opened(catalog.root, "demo") as told:
        address = told["address"]
        own = {"Authorization": f"token {notebooks.token(address)}"}
        assert notebooks.status(address, "api/contents") == 403
        assert notebooks.status(address, "api/contents/train.py", **own) == 200
    host = _server(stack)
    host.run(f"echo '# better' >>$(echo {_FILES})/train.py")

    # Neither its wish nor another flavour takes the server, nor does one that is not reached.
    said = catalog.deepcat("destroy", "demo", "--yes", ok=False)
    assert "`train.py` of `demo` would go with its machine" in said
    assert "[develop/unsaved]" in said
    catalog.wish(profile="develop", inputs={}, accelerator={"models": ["A100"]})
    assert "[develop/unsaved]" in catalog.deepcat("apply", "--yes", ok=False)
    (catalog.root / "deployments" / "demo.yaml").unlink()
    catalog.git("commit", "-q", "-a", "-m", "nobody wishes for it any more")
    assert "[develop/unsaved]" in catalog.deepcat("ci", "watch", ok=None)
    assert len(stack.left()["servers"]) == 1
    catalog.wish(profile="develop", inputs={})
    host.cut()
    try:
        said = catalog.deepcat("destroy", "demo", "--yes", ok=False)
    finally:
        host.restore()
    assert "may hold work that nobody saved" in said
    assert len(stack.left()["servers"]) == 1
    assert "demo is stopped" in catalog.deepcat("develop", "stop", "demo")
    with notebooks.opened(catalog.root, "demo") as told:
        again = {"Authorization": f"token {notebooks.token(told['address'])}"}
        assert again != own
        assert notebooks.status(told["address"], "api/contents/train.py", **again) == 200

    host.run(f"cd {_FILES} && truncate -s 21M large.npz")
    assert "left out: large.npz" in catalog.deepcat("develop", "save", "demo", "-m", "Better")
    said = catalog.deepcat("destroy", "demo", "--yes", ok=False)
    assert "`large.npz` of `demo` would go with its machine" in said
    host.run(f"rm {_FILES}/large.npz")
    catalog.deepcat("destroy", "demo", "--yes")
    assert stack.left() == NOTHING


def test_work_is_given_up_by_name_alone(stack: Stack, catalog: Catalog) -> None:
    catalog.deepcat("apply", "--yes")
    _server(stack).run(f"echo lost >$(echo {_FILES})/notes.txt")
    catalog.deepcat("destroy", "demo", "--yes", ok=False)
    catalog.deepcat("destroy", "demo", "--yes", "--discard")
    assert stack.left() == NOTHING
