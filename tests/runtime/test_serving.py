"""From what `deepcat runtime build` built, and nothing else, models are served."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from runtimes import runtimes, unpacked

from deepcat.catalog.reading.own_yaml import loads
from deepcat.cli.main import cli
from deepcat.host import archive
from deepcat.host.model_server.client import Client
from deepcat.host.model_server.compare import differences
from deepcat.runtime.interpreter import command
from deepcat.runtime.values import PYTHON, SITE

pytestmark = [pytest.mark.starts("zstd, deepcat serve"), pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
MODULES = ("half-plus-two", "iris-classifier", "digits-classifier")
BEGIN = (
    "import sys; sys.path[:0] = sys.argv.pop(1).split(':'); sys.argv[0] = 'deepcat'; "
    "from deepcat.cli.main import main; main()"
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what a host is given: the runtime, a Python, and our own code."""
    folder = tmp_path_factory.mktemp("host")
    made = runtimes()
    assert made.python is not None
    unpacked(made.site, folder / SITE)
    unpacked(made.python, folder / PYTHON)
    shutil.copytree(ROOT / "src" / "deepcat", folder / "agent" / "deepcat")
    return folder


@pytest.fixture(scope="module")
def address(host: Path) -> Iterator[str]:
    """Of a server of all models, with no environment and the interpreter that was brought."""
    words = [
        *command(str(host / PYTHON)),
        "-I",
        "-S",
        "-c",
        BEGIN,
        f"{host}/site/site:{host}/agent",
    ]
    words += ["serve", "--engine", "native", "--rest-port", "0", "--no-grpc"]
    for name in MODULES:
        folder = host / "models" / name / "1"
        archive.unpack(ROOT / "modules" / name / "model.tar.gz", folder)
        found = archive.model_folder(folder)
        words += ["--model", f"{name}={found.parent}"]
    with subprocess.Popen(words, env={}, cwd="/", stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        maps = Path(f"/proc/{process.pid}/maps").read_text().split()
        assert {each for each in maps if ".so" in each and not each.startswith(str(host))} == set()
        yield line.rpartition(" on ")[2].strip()
        process.terminate()


@pytest.mark.parametrize("name", MODULES)
def test_the_samples_are_answered(address: str, name: str) -> None:
    module = loads((ROOT / "modules" / name / "module.yaml").read_text("utf-8"))
    client = Client(address)
    for sample in module["samples"]:
        asked, expected = (
            sample.get(part)
            or json.loads((ROOT / "modules" / name / sample[f"{part}_file"]).read_text("utf-8"))
            for part in ("request", "response")
        )
        said = client.call(name, sample["method"], asked)
        assert not differences(expected, said, sample["tolerance"]), sample["name"]


def test_the_interpreter_opens_nothing_of_the_machine(host: Path) -> None:
    code = (
        "import ssl, sqlite3, ctypes, lzma, json, sys; print(json.dumps([sys.prefix, *sys.path]))"
    )
    code += "; print(*{l.split()[-1] for l in open('/proc/self/maps') if '.so' in l}, sep='\\n')"
    words = [*command(str(host / PYTHON)), "-I", "-c", code]
    said = subprocess.run(words, env={}, check=True, capture_output=True, text=True).stdout
    first, *mapped = said.splitlines()
    assert all(path.startswith(str(host)) for path in (*json.loads(first), *mapped))
    assert len(mapped) > 5
    own = subprocess.run(
        [host / PYTHON / "python" / "bin" / "python3", "-c", "import sys; print(sys.executable)"],
        env={"PATH": os.defpath}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert own.stdout.strip() == str(host / PYTHON / "python" / "bin" / "python3")


def test_it_is_as_small_as_it_is_said_to_be() -> None:
    made = runtimes()
    packed = {how: each.size for how, each in made.site.packed.items()}
    assert made.site.python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert all(size < 260e6 for size in packed.values())
    assert not made.site.gpu


def test_the_command_tells_what_was_built() -> None:
    made = runtimes()
    expected = [each.as_dict() for each in (made.site, made.python) if each]
    for words in (["runtime", "build", "--with-python", "--json"], ["runtime", "list", "--json"]):
        said = json.loads(CliRunner().invoke(cli, words).stdout)
        assert said["format"] == "deepcat-runtime/v1"
        assert all(each in said["archives"] for each in expected)
