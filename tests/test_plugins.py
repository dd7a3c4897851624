"""Entry points are read as the standard library reads them."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from deepcat import plugins


@pytest.mark.parametrize("group", ["console_scripts", "pytest11", "deepcat.clouds", "nobody's"])
def test_the_names_of_a_group_are_those_of_the_library(group: str) -> None:
    assert list(plugins.names(group)) == sorted({each.name for each in entry_points(group=group)})


def test_a_package_is_named_by_its_own_words_and_loaded_by_its_path() -> None:
    (known,) = entry_points(group="deepcat.clouds", name="local")
    found = plugins.plugin("deepcat.clouds", "local")
    assert found is not None
    assert known.dist is not None
    assert found.distribution == f"{known.dist.name} {known.dist.version}"
    assert found.value is known.load()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[mine]\nfirst = math:floor\n", ["first"]),
        ("[other]\nx = math\n\n[mine]\n# why\n a.b-c=math:pi [extra]\nd = math\n[z]\ny = math",
         ["a.b-c", "d"]),
        ("[mine]\n", []),
        ("[mine-not]\nx = math\n", []),
        ("nothing", []),
        ("", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["dist-info", "egg-info"])
def test_what_an_installer_writes_is_read(
    text: str, names: list[str], ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / f"some_thing-1.2.{ending}"
    info.mkdir()
    (info / "entry_points.txt").write_text(text)
    # A second one of the same name is not seen, as Python does not import it.
    again = tmp_path / "zz" / f"Some.Thing-9.{ending}"
    again.mkdir(parents=True)
    (again / "entry_points.txt").write_text("[mine]\nhidden = math\n")
    monkeypatch.setattr("sys.path", [str(tmp_path), str(tmp_path / "zz"), "/nowhere"])
    plugins.refresh()
    try:
        assert list(plugins.names("mine")) == names
    finally:
        plugins.refresh()
