"""Small templates kept beside the project: each is read, or refused for its own reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.tosca.check import check_template

ERRORS = {
    "get_input_args.yaml": ["the input `cpus` is an integer, which has no parts"],
    "in_range_range.yaml": ["`[1000, 70000]` breaks the constraint in_range [0, 65535]"],
}
READ = (
    "ambertools.yaml", "compute_1_3.yaml", "galaxy_role.yaml", "missing_input.yaml",
    "node_filter.yaml",
    "prefix/service.yaml", "prefixed.yaml", "relationship_attr.yaml", "shorthand.yaml",
)  # fmt: skip


@pytest.mark.parametrize("name", [*ERRORS, *READ])
def test_a_template_of_the_field(name: str, shared_data: Path) -> None:
    folder = shared_data.parent / "field" / "catalog" / "tosca"
    if not (folder / name).is_file():
        pytest.skip("no such template beside the project")
    found = check_template(work_tree(folder), name, None)
    assert [item.message for item in found if item.is_error] == ERRORS.get(name, [])
    assert all(item.code != "tosca/parser" for item in found)
