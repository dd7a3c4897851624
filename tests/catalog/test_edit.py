"""One value of a file changed, and not a character besides."""

from __future__ import annotations

import pytest

from deepcat.catalog.beginning.edit import with_text
from deepcat.errors import DeepcatError


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("module: a\nversion: ^1.0.0\n", "module: a\nversion: 9.9.9\n"),
        ("module: a\nversion:   ^1.0.0   # why\n\n", "module: a\nversion:   9.9.9   # why\n\n"),
        ("module: a\nversion: '1.x'\n", "module: a\nversion: '9.9.9'\n"),
        ('module: a\n"version": "*" # any\n', 'module: a\n"version": "9.9.9" # any\n'),
        ("version: 1.0.0\nmodule: a", "version: 9.9.9\nmodule: a"),
        ('module: a\nversion: ">=1 <2"\n', 'module: a\nversion: "9.9.9"\n'),
        ("module: a\nversion: 1\n", "module: a\nversion: 9.9.9\n"),
        ("module: a\nversion:\nowner: b\n", "module: a\nversion: 9.9.9\nowner: b\n"),
        ("module: a\nversion: >\n  1.0.0\nowner: b\n", "module: a\nversion: 9.9.9\nowner: b\n"),
        ("module: a\nversion:\n  1.0.0\n", "module: a\nversion:\n  9.9.9\n"),
        ("module: a\r\nversion: 1.0.0\r\nx-n: ü\r\n", "module: a\r\nversion: 9.9.9\r\nx-n: ü\r\n"),
        ("x-é: ü # ß\nmodule: a\nversion: 1.0.0\n", "x-é: ü # ß\nmodule: a\nversion: 9.9.9\n"),
        ("inputs: {version: 1.0.0}\nmodule: a\nversion: 1.0.0\n",
         "inputs: {version: 1.0.0}\nmodule: a\nversion: 9.9.9\n"),
        # None is there yet.
        ("module: a\n", "module: a\nversion: 9.9.9\n"),
        ("module: a", "module: a\nversion: 9.9.9"),
        ("# top\nmodule: a # it\nowner: b\n", "# top\nmodule: a # it\nversion: 9.9.9\nowner: b\n"),
        ("module: a\r\nowner: b\r\n", "module: a\r\nversion: 9.9.9\r\nowner: b\r\n"),
        ("  module: a\n  owner: b\n", "  module: a\n  version: 9.9.9\n  owner: b\n"),
        ("module: a\ninputs: {version: 2}\n", "module: a\nversion: 9.9.9\ninputs: {version: 2}\n"),
        # As JSON.
        ('{"module": "a", "version": "^1.0.0"}', '{"module": "a", "version": "9.9.9"}'),
        ('{\n "module": "a",\n "owner": "b"\n}\n',
         '{\n "module": "a", "version": "9.9.9",\n "owner": "b"\n}\n'),
        ("{module: a, version: 1.0.0}", "{module: a, version: 9.9.9}"),
        ("{module: a}", '{module: a, "version": "9.9.9"}'),
    ],
)  # fmt: skip
def test_one_value_is_changed(before: str, after: str) -> None:
    assert with_text(before, "d.yaml", "version", "9.9.9", "module") == after


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("module: a\nversion: [1.0.0]\n", "9.9.9"),
        ("module: a\nversion: {a: b}\n", "9.9.9"),
        ("owner: b\n", "9.9.9"),
        ("module: [a]\n", "9.9.9"),
        ("- module: a\n", "9.9.9"),
        ("module: [\n", "9.9.9"),
        ("", "9.9.9"),
        ("module: a\nversion: &v 1.0.0\nx-w: *v\n", "9.9.9"),
        ("module: a\n", "9.9.9\nowner: eve"),
        ("module: a\n", "9.9.9 # not"),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str, value: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        with_text(text, "d.yaml", "version", value, "module")
    assert caught.value.code == "edit/form"
    assert "`d.yaml` cannot be changed" in caught.value.message
