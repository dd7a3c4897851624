"""What a package needs of an environment, and nothing else of it."""

from __future__ import annotations

from pathlib import Path

from deepcat.host.notebook import closure


def package(environment: Path, name: str, tops: tuple[str, ...], *asks: str) -> None:
    info = environment / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    asked = "".join(f"Requires-Dist: {each}\n" for each in asks)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{asked}")
    files = [f"{info.name}/METADATA,,", "../../bin/run,,"]
    for top in tops:
        (environment / top).write_text("") if top.endswith(".py") else (environment / top).mkdir()
        files.append(f"{top}{'' if top.endswith('.py') else '/__init__.py'},,")
    (info / "RECORD").write_text("\n".join(files) + "\n")


def test_what_it_needs_is_there_and_nothing_else(tmp_path: Path) -> None:
    there, links = tmp_path / "environment", tmp_path / "links"
    package(there, "Kernel_Of", ("kernel_of", "kernel.libs"), "two.words>=1", "lab; extra == 'lab'")
    package(there, "two_words", ("two.py",), "kernel-of", "elsewhere; sys_platform == 'win32'")
    package(there, "lab", ("lab",))
    closure.link(there, "kernel-of", links)
    assert sorted(path.name for path in links.iterdir()) == [
        "Kernel_Of-1.0.dist-info",
        "kernel.libs",
        "kernel_of",
        "two.py",
        "two_words-1.0.dist-info",
    ]
    assert all(path.resolve().parent == there for path in links.iterdir())
