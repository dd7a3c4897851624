"""Locks in TOML: what is for a Python is taken, by its wheels' checksums; the rest is refused."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from deepcat.host.environments import locks
from deepcat.host.environments.markers import MarkerError, applies, satisfies, target
from deepcat.host.environments.shared import key_of
from deepcat.host.failure import StepError

A, B = "a" * 64, "b" * 64
PYLOCK = f"""
lock-version = "1.0"
requires-python = ">=3.9"
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
default-groups = ["train"]

[[packages]]
name = "numpy"
version = "2.1.0"
marker = "python_version >= '3.10'"
wheels = [{{ url = "https://example.org/a.whl", hashes = {{ sha256 = "{A}" }} }}]

[[packages]]
name = "numpy"
version = "1.26.0"
marker = "python_version < '3.10'"
wheels = [{{ url = "https://example.org/b.whl", hashes = {{ sha256 = "{B}" }} }}]

[[packages]]
name = "pywin32"
version = "1"
marker = "sys_platform == 'win32'"
[packages.archive]
url = "https://example.org/c.zip"

[[packages]]
name = "tqdm"
version = "4"
marker = "'train' in dependency_groups and not_here_never_read == 'x'"
"""

UV = f"""
version = 1
requires-python = ">=3.9"

[[package]]
name = "mine"
version = "0"
source = {{ virtual = "." }}
dependencies = [
  {{ name = "jax", extra = ["cuda"] }},
  {{ name = "tomli", marker = "python_full_version < '3.11'" }},
  {{ name = "colorama", marker = "sys_platform == 'win32'" }},
]
[package.dev-dependencies]
dev = [{{ name = "pytest" }}]

[[package]]
name = "jax"
version = "0.4"
source = {{ registry = "https://example.org/simple" }}
dependencies = [{{ name = "numpy", version = "2.1.0" }}]
wheels = [{{ url = "https://example.org/j.whl", hash = "sha256:{A}" }}]
[package.optional-dependencies]
cuda = [{{ name = "plugin" }}]

[[package]]
name = "plugin"
version = "1"
source = {{ registry = "https://example.org/simple" }}
dependencies = [{{ name = "jax" }}]
wheels = [{{ url = "p.whl", hash = "sha256:{B}" }}, {{ url = "q.whl", hash = "sha256:{A}" }}]

[[package]]
name = "numpy"
version = "2.1.0"
source = {{ registry = "https://example.org/simple" }}
wheels = [{{ url = "n.whl", hash = "sha256:{A}" }}]

[[package]]
name = "numpy"
version = "1.0.0"
source = {{ registry = "https://example.org/simple" }}
wheels = [{{ url = "n.whl", hash = "sha256:{B}" }}]

[[package]]
name = "tomli"
version = "2"
source = {{ registry = "https://example.org/simple" }}
wheels = [{{ url = "t.whl", hash = "sha256:{A}" }}]

[[package]]
name = "colorama"
version = "1"
source = {{ git = "https://example.org/x" }}

[[package]]
name = "pytest"
version = "9"
source = {{ git = "https://example.org/x" }}
"""


def test_of_a_pylock_what_is_for_the_python_is_taken() -> None:
    text = PYLOCK.replace(" and not_here_never_read == 'x'", "").replace(
        'name = "tqdm"', f'name = "tqdm"\nwheels = [{{ hashes = {{ sha256 = "{B}" }} }}]'
    )
    new = locks.pins_of(text, "pylock.toml", "3.12")
    old = locks.pins_of(text, "locks/pylock.train.toml", "3.9")
    assert new == (f"numpy==2.1.0 --hash=sha256:{A}", f"tqdm==4 --hash=sha256:{B}")
    assert old[0] == f"numpy==1.26.0 --hash=sha256:{B}"
    assert key_of(new) != key_of(old)
    more = locks.pins_of(f"# more words\n{text}", "pylock.toml", "3.12")
    assert key_of(more) == key_of(new)  # by what is installed, not by the file


def test_of_uvs_lock_what_the_project_needs_is_taken() -> None:
    assert locks.pins_of(UV, "uv.lock", "3.12") == (
        f"jax==0.4 --hash=sha256:{A}",
        f"numpy==2.1.0 --hash=sha256:{A}",
        f"plugin==1 --hash=sha256:{A} --hash=sha256:{B}",
    )
    assert f"tomli==2 --hash=sha256:{A}" in locks.pins_of(UV, "uv.lock", "3.10")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("pylock.toml", PYLOCK, "`not_here_never_read` cannot be decided"),
        ("pylock.toml", "lock-version = '2.0'", "`lock-version`"),
        ("pylock.toml", "lock-version = '1.0'\npackages = 3", "no list of tables"),
        ("pylock.toml", "x = " + "[" * 100_000, "too deep"),
        ("pylock.toml", "lock-version = '1.0'\nenvironments = [\"os_name == 'nt'\"]", "none of"),
        ("pylock.toml", "lock-version = '1.0'\nrequires-python = '<3'", "is for Python <3"),
        ("uv.lock", "version = 9", "`version`"),
        ("uv.lock", "version = 1", "0 projects"),
        ("uv.lock", UV.replace('name = "plugin"\n', 'name = "other"\n'), "not pin it"),
        ("uv.lock", UV.replace('["cuda"]', "3"), "not formed"),
        ("pylock.toml", "lock-version = '1.0'\nenvironments = 3", "not formed"),
        ("uv.lock", UV.replace("sha256:", "md5:"), "without its sha256"),
        ("uv.lock", UV.replace('version = "0.4"', 'version = "0.4 --index-url=x"'), "no pinned"),
    ],
)  # fmt: skip
def test_what_is_no_pin_is_refused_by_name(name: str, text: str, why: str) -> None:
    with pytest.raises(StepError, match=why) as caught:
        locks.pins_of(text, name, "3.12")
    assert caught.value.code == "run/environment"


def test_a_python_without_toml_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", none)
    with pytest.raises(StepError, match="knows no TOML"):
        locks.pins_of(UV, "uv.lock", "3.9")


def test_a_lock_is_a_file_of_the_modules(tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "uv.lock").write_text(UV)
    (tmp_path / "module/link.lock").symlink_to(tmp_path / "uv.lock")
    for name in ("uv.lock", "link.lock", "../uv.lock"):
        with pytest.raises(StepError, match="has no file"):
            locks.pins_in(tmp_path / "module", name)


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("python_version >= '3.10'", True),
        ("'3.13' > python_version", True),
        ("python_full_version == '3.12.*'", True),
        ("python_version ~= '3.9'", True),
        ("python_version in '3.9 3.12'", True),
        ("python_version not in '3.9 3.12'", False),
        ("sys_platform != 'win32' and (os_name == 'nt' or implementation_name == 'cpython')", True),
        ("extra == 'gpu'", False),
        ("'gpu' in extras", False),
        ("'gpu' not in extras", True),
    ],
)
def test_markers(marker: str, holds: bool) -> None:
    assert applies(marker, target("3.12")) is holds


@pytest.mark.parametrize(
    "marker",
    [
        "platform_release > '5'",
        "python_full_version >= '3.12.4'",
        "python_version >= 'a'",
        "os_name < 'nt'",
        "os_name == 'nt' or",
        "'a' == 'a'",
        "os_name == 'nt')",
        "(" * 5000,
        "((" * 30 + "os_name == 'nt'",
        "os_name ; 'nt'",
    ],
)
def test_what_cannot_be_decided_is_refused(marker: str) -> None:
    with pytest.raises(MarkerError):
        applies(marker, target("3.12"))


def test_ranges_of_python() -> None:
    assert satisfies("3.12.1", ">=3.11, <3.13")
    assert not satisfies("3.13.0", ">=3.11,<3.13")
    with pytest.raises(MarkerError):
        satisfies("3.12.1", "new")
