"""The whole story on this machine, with nothing but Git pushes to a bare repository."""

from __future__ import annotations

from typing import Any

import pytest

MODULE = "half-plus-two"


@pytest.mark.tensorflow
@pytest.mark.slow
def test_from_a_contributor_s_mistake_to_the_end(hub: Any, asking: Any, free_port: int) -> None:
    # A contributor pushes a branch with a mistake, and is told what, where and how to mend it.
    hub.git("checkout", "-q", "-b", "wish")
    path = hub.wish("demo", inputs={"rest_port": free_port, "grpc_port": 0})
    path.write_text(path.read_text().replace('"profile": "serve"', '"profile": "serv"'))
    hub.commit("wish for half plus two")
    said = hub.push("wish")
    assert "deployments/demo.yaml:5:" in said
    assert "did you mean `serve`?" in said
    assert "wish: 1 thing to mend" in said

    # It is mended, and the plan is shown before anything is merged.
    path.write_text(path.read_text().replace('"profile": "serv"', '"profile": "serve"'))
    hub.commit("mend it")
    said = hub.push("wish")
    assert "0 things to mend" in said
    assert "+ demo: create (half-plus-two 1.0.0)" in said
    assert hub.status() == {}

    # The merge applies it, and it answers.
    said = hub.merge("wish")
    assert "✓ demo: half-plus-two 1.0.0 runs" in said
    demo = hub.status()["demo"]
    assert demo["status"] == "running"
    url = demo["endpoints"]["rest"]
    answer = hub.deepcat("predict", "demo", "--sample", "1")
    assert "2.5" in answer

    # A new version is rolled out; nobody who asks meanwhile gets no answer.
    hub.git("checkout", "-q", "-b", "newer")
    hub.release("1.1.0")
    hub.commit("a newer model")
    assert "0 things to mend" in hub.push("newer")
    with asking(url) as someone:
        said = hub.merge("newer")
    assert "half-plus-two 1.1.0 runs" in said
    assert someone.failures == []
    assert len(someone.answers) > 10
    assert all(answer == [2.5] for answer in someone.answers)
    assert hub.status()["demo"]["version"] == "1.1.0"
    assert hub.status()["demo"]["endpoints"]["rest"] == url

    # A broken version is tried, and taken back: the old one goes on, and a way back is proposed.
    hub.git("checkout", "-q", "-b", "broken")
    hub.release("1.2.0", lambda text: text.replace("[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]"))
    hub.commit("a broken model")
    hub.push("broken")
    with asking(url) as someone:
        said = hub.merge("broken")
    assert "run/sample" in said
    assert "a way back is proposed: deepcat/revert/demo" in said
    assert someone.failures == []
    demo = hub.status()["demo"]
    assert (demo["status"], demo["version"]) == ("running", "1.1.0")
    assert demo["failures"][0]["kind"] == "module"
    assert "deepcat/revert/demo" in hub.branches()
    words = hub.git("log", "-1", "--format=%B", "deepcat/revert/demo", at=hub.bare)
    assert "half-plus-two 1.2.0 is wished" in words
    assert "half-plus-two 1.1.0 on local" in words

    # The watch leaves it to a person: it does not try the same mistake again.
    assert "waits" in hub.deepcat("ci", "watch")

    # The proposal is merged: main says again what runs, and the proposal is gone.
    hub.git("fetch", "-q", "origin")
    said = hub.merge("origin/deepcat/revert/demo")
    assert "Nothing is due." in said
    assert hub.status()["demo"]["version"] == "1.1.0"

    # The wish is taken away, and nothing is left.
    (hub.clone / "deployments/demo.yaml").unlink()
    hub.commit("no more")
    said = hub.push("main")
    assert "demo: is gone" in said
    assert hub.status() == {}
    assert "demo" not in hub.git("ls-tree", "-r", "--name-only", "records", at=hub.bare)
    log = hub.deepcat("records", "log")
    assert log.count("1.1.0") >= 1
    assert "by unknown, commit " in log, "no key and no transport proved who pushed"
    assert " h until then" in log
