"""Back to a version that main no longer has, by pushes to a bare repository alone."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.starts("Ansible, and a model server")
@pytest.mark.tensorflow
@pytest.mark.slow
def test_a_merge_takes_a_deployment_back_and_a_module_away(hub: Any) -> None:
    (hub.clone / ".git/info/exclude").write_text(".deepcat/\n")
    hub.git("checkout", "-q", "-b", "wish")
    hub.wish("demo")
    hub.commit("wish")
    hub.merge("wish")
    first = hub.git("rev-parse", "main~1").strip()
    hub.git("checkout", "-q", "-b", "newer")
    hub.release("1.1.0")
    hub.commit("1.1.0")
    assert "half-plus-two 1.1.0 runs" in hub.merge("newer")

    # Whoever looks at the branch sees from which commit the old version comes.
    hub.git("fetch", "-q", "origin", "records:records")
    hub.git("checkout", "-q", "-b", "back")
    hub.deepcat("rollback", "demo", at=hub.clone)
    hub.commit("back")
    said = hub.push("back")
    assert "0 things to mend" in said
    assert f"the module as of commit {first[:12]}" in said
    assert "half-plus-two 1.0.0 runs" in hub.merge("back")
    demo = hub.status()["demo"]
    assert (demo["version"], demo["module_commit"]) == ("1.0.0", first)
    assert "2.5" in hub.deepcat("predict", "demo", "--sample", "1")

    # The module goes from the catalog; what runs of it goes on, and comes back when it dies.
    hub.git("checkout", "-q", "-b", "gone")
    hub.git("rm", "-rq", "modules/half-plus-two")
    hub.commit("the module goes")
    assert "0 things to mend" in hub.push("gone")
    assert "Nothing is due." in hub.merge("gone")
    assert hub.status()["demo"]["module_is_gone"]
