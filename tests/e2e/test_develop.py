"""A place to develop, by the real JupyterLab: opened, worked in, saved and stopped."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import chromium
import notebooks
import pytest
import yaml
from waiting import until
from wheels import pin, wheel

pytestmark = [pytest.mark.starts("Ansible and JupyterLab"), pytest.mark.slow]

MODULE = "half-plus-two"
NAME = "desk"
PATIENCE_MS = 180_000
# What the lock pins is there; neither the token nor JupyterLab's own packages are.
CELL = """\
import slope, os, importlib.util
print('step', slope.STEP, 'TOKEN' in str(os.environ), importlib.util.find_spec('jupyterlab'))"""
HOSTILE = "import pathlib\npathlib.Path('/tmp/read-by-jupyter').touch()\nc.ServerApp.token = ''\n"


@pytest.fixture
def catalog(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A hub whose module has a lock of one package, which a folder of wheels has."""
    hub.git("config", "deepcat.recordsRemote", "none")
    notebooks.lend(hub.clone / ".deepcat" / "local")
    made = wheel(tmp_path / "wheels", "slope", "STEP = 0.5\n")
    settings = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[global]\nno-index = true\nfind-links = {made.parent}\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = hub.clone / "modules" / MODULE
    training = {"command": "python train.py", "environment": "requirements.lock"}
    data = yaml.safe_load((folder / "module.yaml").read_text()) | {"training": training}
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    (folder / "train.py").write_text("from slope import STEP\nprint(STEP)\n")
    (folder / "requirements.lock").write_text(f"{pin(made, 'slope')}\n")
    (folder / "jupyter_server_config.py").write_text(HOSTILE)
    hub.commit("a lock")
    hub.wish(NAME, profile="develop", inputs={})
    try:
        yield hub
    finally:
        hub.deepcat("destroy", "--all", "--yes", at=hub.clone, ok=None)


def work(hub: Any) -> Path:
    return Path(hub.clone, ".deepcat", "local", ".work", NAME, "notebook", "files")


def test_it_opens_runs_a_cell_and_goes_on_after_a_stop(catalog: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    assert "desk: create" in catalog.deepcat("plan", at=catalog.clone)
    program = chromium.write(tmp_path / "chromium")
    with notebooks.opened(catalog.clone, NAME) as told, sync_playwright() as driver:
        address = told["address"]
        token = notebooks.token(address)
        assert notebooks.status(address, "api/contents") == 403
        assert notebooks.status(address, "deepcat") == 403
        assert notebooks.status(address, "api/contents", Authorization=f"token {token}") == 200
        foreign = {"Authorization": f"token {token}", "Host": "evil.example"}
        assert notebooks.status(address, "api/contents", **foreign) == 403
        assert not _has_token(catalog, token)

        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address, wait_until="commit")
        page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
        config = json.loads(page.locator("#jupyter-config-data").text_content())
        # It would ask whether to look for news, from where nothing is reached.
        assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
        idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")
        idle.first.wait_for(state="attached")
        cell = page.locator(".jp-Notebook .jp-Cell .cm-content").first
        cell.click()
        page.keyboard.insert_text(CELL)
        expect(cell).to_contain_text("find_spec", timeout=PATIENCE_MS)
        # A kernel may be told to be idle before it is reached: what is run then is dropped.
        ran = page.locator(".jp-Notebook .jp-InputPrompt", has_text="1").first

        def runs() -> bool:
            cell.click()
            page.keyboard.press("Control+Enter")
            page.wait_for_timeout(2000)
            return ran.is_visible()

        until(runs, PATIENCE_MS / 1000)
        output = page.locator(".jp-OutputArea-output").first
        expect(output).to_contain_text("step 0.5 False None", timeout=PATIENCE_MS)
        _saves_by_the_menu(catalog, page, expect)
        _is_warned(catalog, page, expect)
        browser.close()
    assert not Path("/tmp/read-by-jupyter").exists()


def _saves_by_the_menu(catalog: Any, page: Any, expect: Any) -> None:
    page.locator(".lm-MenuBar-itemLabel", has_text="File").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Save to deepcat").click()
    page.locator(".jp-Dialog input").fill("Better\tby much")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    branch = f"deepcat/develop/{NAME}"
    toast = page.locator(".Toastify__toast", has_text=f"Proposed: {branch}")
    expect(toast.first).to_be_visible(timeout=PATIENCE_MS)
    assert catalog.git("log", "-1", "--format=%s", branch).strip() == "Betterby much"
    assert "Untitled.ipynb" in catalog.git("ls-tree", "-r", "--name-only", branch)


def _is_warned(catalog: Any, page: Any, expect: Any) -> None:
    """Both times are changed while it runs; its page is told."""
    state = page.locator(".jp-StatusBar-TextItem", has_text="saved at")
    expect(state).to_contain_text("Stops at", timeout=PATIENCE_MS)
    soon = (datetime.now() + timedelta(minutes=4)).strftime("%H:%M")
    with notebooks.opened(catalog.clone, NAME, "--idle", "off", "--until", soon) as told:
        assert 0 < told["stops_at"] - time.time() <= 240
        toast = page.locator(".Toastify__toast", has_text="its time; the work is kept")
        expect(toast.first).to_be_visible(timeout=PATIENCE_MS)
    with notebooks.opened(catalog.clone, NAME, "--until", "off") as told:
        assert told["stops_at"] == 0
        expect(state).to_contain_text("Does not stop by itself", timeout=PATIENCE_MS)


def test_it_stops_goes_on_and_its_work_becomes_a_branch(catalog: Any) -> None:
    with notebooks.opened(catalog.clone, NAME) as told:
        first = notebooks.token(told["address"])
    (work(catalog) / "notes.txt").write_text("kept")
    script = work(catalog) / "train.py"
    script.write_text(f"{script.read_text()}# better\n")
    (work(catalog) / "token.txt").write_text("ghp_" + "a" * 36)
    said = catalog.deepcat("develop", "stop", NAME, at=catalog.clone)
    assert "is stopped; its work is kept" in said
    assert status(catalog)["status"] == "stopped"
    listens = status(catalog)["endpoints"]["notebook"]
    assert notebooks.status(f"{listens}lab?", "lab") == 503

    said = catalog.deepcat("develop", "save", NAME, "-m", "Better", at=catalog.clone)
    assert "left out: token.txt: it holds what looks like a secret" in said
    assert "2 files changed in half-plus-two" in said
    branch = f"deepcat/develop/{NAME}"
    assert f"Proposed: {branch}" in said
    named = catalog.git("diff", "--name-only", "main", branch).split()
    assert named == [f"modules/{MODULE}/notes.txt", f"modules/{MODULE}/train.py"]
    assert catalog.git("log", "-1", "--format=%s", branch).strip() == "Better"
    assert "token.txt" not in catalog.git("ls-tree", "-r", "--name-only", branch)

    with notebooks.opened(catalog.clone, NAME, "--idle", "off") as told:
        second = notebooks.token(told["address"])
        assert second != first
        assert told["stops_at"] == 0
        assert status(catalog)["status"] == "running"
        catalog.wish(NAME, profile="develop", inputs={}, idle="20s")
        assert "desk: replace" in catalog.deepcat("plan", at=catalog.clone)
        catalog.deepcat("apply", "--yes", at=catalog.clone)
        # The very same runs on until it stops: one that was begun anew has another token.
        own = {"Authorization": f"token {second}"}
        assert notebooks.status(told["address"], "api/contents", **own) in (200, 503)
        until(lambda: notebooks.status(f"{listens}lab?", "lab") == 503, pause_s=0.5)
    assert (work(catalog) / "notes.txt").read_text() == "kept"

    said = catalog.deepcat("destroy", NAME, "--yes", at=catalog.clone)
    assert "the work is kept in" in said
    assert (work(catalog) / "notes.txt").read_text() == "kept"
    notebooks.lend(catalog.clone / ".deepcat" / "local")
    catalog.wish(NAME, profile="develop", inputs={})
    catalog.deepcat("apply", NAME, "--yes", at=catalog.clone)
    assert (work(catalog) / "notes.txt").read_text() == "kept"
    _is_proposed_by_the_watch(catalog)
    catalog.deepcat("destroy", NAME, "--yes", "--discard", at=catalog.clone)
    assert not work(catalog).exists()


def _is_proposed_by_the_watch(catalog: Any) -> None:
    """Nobody holds a way when somebody wishes for it."""
    place = Path(catalog.clone, ".deepcat", "local", NAME, "notebooks", "notebook")
    (own,) = place.glob("*/own")
    said = {"number": "5", "act": "save", "message": "By the page"}
    (work(catalog) / "notes.txt").write_text("proposed")
    (own / "wish.json").write_text(json.dumps(said))
    catalog.commit("a desk")  # what nobody has agreed to the watch takes away
    until(lambda: '"number": "5"' in (own.parent / "now.json").read_text(), pause_s=0.5)
    assert f"{NAME}: proposed: " in catalog.deepcat("ci", "watch", at=catalog.clone)
    branch = f"deepcat/develop/{NAME}"
    assert catalog.git("show", f"{branch}:modules/{MODULE}/notes.txt") == "proposed"
    assert catalog.git("log", "-1", "--format=%s", branch).strip() == "By the page"
    assert "proposed" not in catalog.deepcat("ci", "watch", at=catalog.clone)
    until(lambda: branch in (own.parent / "set" / "told.json").read_text(), pause_s=0.5)


def status(hub: Any) -> dict[str, Any]:
    found = json.loads(hub.deepcat("status", "--json", at=hub.clone))
    return dict(next(each for each in found if each["name"] == NAME))


def _has_token(hub: Any, token: str) -> bool:
    """Whether a log, a record, a file of a run, Git or a process's words hold the token."""
    local = hub.clone / ".deepcat"
    files = [path for path in local.rglob("*") if path.is_file() and path.name != "token"]
    files = [path for path in files if ".environments" not in path.parts]
    found = any(token.encode() in path.read_bytes() for path in files)
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    objects = hub.git("log", "--all", "-p", "--format=%B")
    return found or token in shown.stdout or token in objects
