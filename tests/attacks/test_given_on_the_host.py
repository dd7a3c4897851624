"""What a role's step is given names no folder that is not its own, whoever said it, and when.

A value that a script of the module gives is known on the host alone: no check and no plan saw it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepcat.host.failure import StepError
from deepcat.host.model_server import steps


@pytest.mark.parametrize(
    "sha256",
    [
        "../../../victim",
        "../../../../victim",
        ".",
        "..",
        "/etc",
        "0" * 63,
        "0" * 64 + "\n",
        "A" * 64,
    ],
)
def test_a_checksum_that_is_none_names_no_folder(tmp_path: Path, sha256: str) -> None:
    place, victim = tmp_path / "a", tmp_path / "victim"
    (place / "models" / "model").mkdir(parents=True)
    victim.mkdir()
    (victim / "saved_model.pb").write_bytes(b"canary")
    (place / "state.json").write_text(json.dumps({"run": "r"}))
    wanted = {"name": "m", "archive": "m.zip", "sha256": sha256}
    values = {
        "place": str(place),
        "run": "r",
        "files": str(tmp_path),
        "node": {"name": "model", "properties": wanted},
    }
    with pytest.raises(StepError) as raised:
        steps.model(values)
    assert (raised.value.code, raised.value.hint) == (
        "run/checksum",
        "write 64 hexadecimal digits",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "victim"]
