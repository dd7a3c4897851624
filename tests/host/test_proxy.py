"""A proxy's settings, the program that goes by them, and lines of a crontab that are not ours."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from waiting import until

from deepcat.clouds.kinds.ssh.schema import SCHEMA
from deepcat.host.failure import StepError
from deepcat.host.keeping import boot
from deepcat.host.proxy import caddy, keep, nginx
from deepcat.host.proxy.programs import found
from deepcat.host.proxy.values import Settings, Way

WAYS = [Way("one", 8443, 1, 2)]
BAD = ["10.0.0.1 default_server; } http { server { #", "1;", "a b", "a\n", "a{", "::1]", "a/b"]


@pytest.mark.parametrize("listen", ["", "10.0.0.1", "::1", "fe80::1", "host-1.example.org"])
def test_an_address_stands_as_it_is(listen: str) -> None:
    settings = Settings("a.example.org", "/c", "/k", listen)
    shown = f"[{listen}]:8443" if ":" in listen else f"{listen}:8443"
    assert f'"{shown}"' in caddy.text(settings, WAYS, "m")
    text = nginx.text(settings, WAYS, "m", [listen or "0.0.0.0"], (), follows=True)
    assert f"    listen {shown if listen else '0.0.0.0:8443'} ssl http2;\n" in text


@pytest.mark.parametrize("listen", BAD)
def test_an_address_that_says_more_is_refused(listen: str) -> None:
    settings = Settings("a.example.org", "/c", "/k", listen)
    with pytest.raises(ValueError, match="no address"):
        nginx.text(settings, WAYS, "m", [listen], (), follows=True)
    with pytest.raises(ValueError, match="no address"):
        caddy.text(settings, WAYS, "m")


@pytest.mark.parametrize(
    ("listen", "is_valid"),
    [
        *((each, False) for each in [*BAD, "", "0.0.0.0", "::"]),
        *((each, True) for each in ["10.0.0.1", "::1", "0.0.0.0.example.org", "host-1"]),
    ],
)
def test_which_address_a_cloud_may_name(listen: str, is_valid: bool) -> None:
    of_listen = Draft202012Validator(SCHEMA["properties"]["listen"])
    assert of_listen.is_valid(listen) is is_valid


@pytest.mark.parametrize("path", ["", ":", ".", "bin::", None])
def test_no_program_of_the_folder_at_hand_is_run(
    path: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path, tmp_path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "nginx").write_text("#!/bin/sh\n")
        (folder / "nginx").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("deepcat.host.proxy.programs._FOLDERS", ("/nowhere",))
    if path is None:
        monkeypatch.setenv("PATH", f":bin:{tmp_path}")
        assert found("nginx").path == str(tmp_path / "nginx")
        return
    monkeypatch.setenv("PATH", path)
    with pytest.raises(StepError, match="no nginx"):
        found("nginx")


PROGRAM = """\
#!/bin/sh
case "$*" in
  *reload*) echo "nginx: [emerg] cannot load certificate" >&2; exit 1 ;;
  *) trap 'exit 0' TERM; while :; do /bin/sleep 0.1; done ;;
esac
"""


@pytest.mark.slow
@pytest.mark.starts("a proxy's keeper")
def test_a_certificate_that_is_refused_is_told(tmp_path: Path) -> None:
    watched, program, log = (tmp_path / name for name in ("a.pem", "nginx", "log"))
    watched.write_text("old")
    program.write_text(PROGRAM)
    program.chmod(0o755)
    said = {"kind": "nginx", "path": str(program), "watched": [str(watched)]}
    (tmp_path / keep.FILE).write_text(json.dumps(said))
    code = (
        "import sys; from pathlib import Path; from deepcat.host.proxy import keep;"
        "keep.LOOK_S = 0.2; sys.exit(keep.main(Path(sys.argv[1])))"
    )
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=out)
        try:

            def is_told() -> bool:
                watched.write_text(watched.read_text() + "new")
                return bool(log.read_text())

            until(is_told)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    assert log.read_text().splitlines()[0] == "nginx says: nginx: [emerg] cannot load certificate"


CRONTAB = """\
#!/bin/sh
if [ "$1" = -l ]; then exec cat "$HOME/tab"; fi
if [ "$1" = - ]; then exec cat > "$HOME/tab"; fi
"""
THEIRS = "# a\u2028b\x0cc\x85d\r\n0 5 * * * echo \\%\n\n".encode() + b"# \xff\n"


@pytest.mark.starts("crontab")
def test_their_lines_of_a_crontab_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, tab, kept = tmp_path / "crontab", tmp_path / "tab", tmp_path / "kept ü"
    program.write_text(CRONTAB)
    program.chmod(0o755)
    kept.mkdir()
    tab.write_bytes(THEIRS)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    boot.remember(kept)
    written = tab.read_bytes()
    assert written.startswith(THEIRS + b"@reboot /bin/sh ")
    boot.remember(kept)
    assert tab.read_bytes() == written
    boot.forget(kept)
    assert tab.read_bytes() == THEIRS
