"""The store of models in a real Swift; by `make swift`."""

from __future__ import annotations

from pathlib import Path

import pytest
from credentials import Authority
from stores import require_cut, require_kept, require_swept
from swift import ACCOUNT, KEY, PROGRAMS, USER, running

from deepcat.loop.trained.store import Place

pytestmark = [pytest.mark.system("rclone", "memcached", *PROGRAMS), pytest.mark.starts("Swift")]


@pytest.mark.timeout(300)
def test_swift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("STORE_KEY", USER)
    monkeypatch.setenv("STORE_SECRET", KEY)
    with running(tmp_path / "swift", authority.sign("localhost", "swift")) as swift:
        swift.put("models", readers=".r:*")
        place = Place(
            "swift://models/own",
            f"https://{swift.at}/v1/AUTH_{ACCOUNT}/models/own",
            endpoint=swift.auth,
            key="env:STORE_KEY",
            secret="env:STORE_SECRET",
            tenant=ACCOUNT,
        )
        require_kept(place, tmp_path)
        require_swept(place, tmp_path, monkeypatch)
        require_cut(place, int(swift.at.partition(":")[2]), tmp_path)
