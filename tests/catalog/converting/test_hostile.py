"""Text of strangers arrives as text, and where it may do harm it is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcat.catalog.converting.build import Imported
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.proof import prove

Import = Callable[..., Imported]


def errors(found: Imported) -> list[str]:
    findings = prove(found.name, {"module.yaml": dump(found.module).encode()}, b"")
    return [finding.code for finding in findings if finding.is_error]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a <script>alert(1)</script> b", "a &lt;script>alert(1)&lt;/script> b"),
        ("<iframe src='https://example.org'>", "&lt;iframe src='https://example.org'>"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
        ("<img src='https://example.org/a.png'/>", "<img src='https://example.org/a.png'/>"),
        ("<a href='../../x'>y</a>", "&lt;a href='../../x'>y</a>"),
        ("[y](../../x)", "y (`../../x`)"),
        ("![](a.png)", "`a.png`"),
        ("[y](javascript:alert(1))", "y (`javascript:alert(1)`)"),
        ("`[y](x)` <b>z</b>", "`[y](x)` <b>z</b>"),
        ("[y](https://example.org/a)", "[y](https://example.org/a)"),
        ("[y](#part)", "[y](#part)"),
    ],
)
def test_markdown(v2: dict[str, Any], imported: Import, text: str, kept: str) -> None:
    found = imported(v2 | {"description": text})
    assert found.module["description"] == kept
    assert errors(found) == []


@pytest.mark.parametrize("field", ["title", "summary", "description", "doi", "id"])
def test_template_code_arrives_as_text(v2: dict[str, Any], imported: Import, field: str) -> None:
    code = "{{ lookup('pipe', 'touch /tmp/x') }}"
    module = imported(v2 | {field: code}).module
    assert code in (module.get(field), module.get(f"x-{field}"))


@pytest.mark.parametrize(
    "key", ["x", "../x", "a b", "<b>", "{{x}}", "x-", "x-x-y", "null", "1", "=", "<<", "ключ"]
)
def test_keys_of_any_kind_are_kept(v2: dict[str, Any], imported: Import, key: str) -> None:
    import yaml

    text = yaml.safe_dump({**v2, f"q{key}": 1}, allow_unicode=True)
    found = imported(text)
    assert found.module[f"x-q{key}"] == 1
    assert errors(found) == []


def test_our_own_key_is_no_way_round_the_schema(v2: dict[str, Any], imported: Import) -> None:
    bundle = {
        "apiVersion": "evil/v9",
        "name": "../../etc",
        "version": "latest",
        "model": {"format": "pickle", "path": "/etc/passwd"},
        "samples": [{"name": 1}],
        "topology": 7,
        "title": "other",
        "surprise": [1],
    }
    found = imported(v2 | {"x-deepcat": bundle})
    assert found.name == "roses"
    assert found.module["apiVersion"] == "deepcat/v1"
    assert found.module["title"] == v2["title"]
    assert "model" not in found.module and not found.module.get("samples")
    assert found.module["x-name"] == "../../etc"
    assert found.module["x-surprise"] == [1]
    assert errors(found) == []
