"""Three hundred hostile modules: each has its finding, and none stops the check of the others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
import yaml

from deepcat.catalog.check import examine
from deepcat.catalog.findings import Finding

TEXTS = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "link": "[x](javascript:alert(1)) <javascript:alert(2)>",
    "template": "{{ lookup('pipe', 'touch /tmp/owned') }}",
    "bidi": "safe \u202egnp.exe",
    "zero": "pla\u200bin",
    "shell": "$(touch owned); `id`",
    "long": "a" * 60_000,
    "escape": "\x1b]0;owned\x07",
    "null": "a\x00b",
    "path": "../../../../etc/passwd",
    "surrogate": "\ud800",
}
FIELDS = [
    "name", "version", "title", "summary", "description", "doi", "license", "topology", "image",
    "links.source_code", "links.docker_image", "dates.created", "libraries.0", "tags.0",
    "authors.0.name", "authors.0.orcid", "maintainers.0", "model.path", "samples.0.name",
    "samples.0.method", "samples.1.request_file", "metrics.0.name", "training.script",
]  # fmt: skip
NAMES = [
    "con", "nul", "Aux", "..", "...", "-rf", "a b", "a;b", "a$b", "A", "ü", "a\u202eb", "a\nb",
    "x" * 100, "a'b", 'a"b', "a<b>", "\udcff", "a%2f..", "~", "com1", "a_b", "a.b", ".hidden",
]  # fmt: skip
DOCUMENTS = {
    "deep": b"a: " + b"[" * 100_000,
    "deeper": b"{a: " * 100_000,
    "bomb": b"a: &a [1]\n" + b"".join(b"b%d: [*a, *a]\n" % n for n in range(99)),
    "binary": bytes(range(256)),
    "empty": b"",
    "list": b"- 1\n",
    "text": b"just text",
    "tag": b"!!python/object/apply:os.system ['touch owned']\n",
    "twice": b"name: a\nname: b\n",
    "many": b"".join(b"key%d: 1\n" % n for n in range(30_000)),
    "tags": b"tags: [" + b"a, " * 100_000 + b"a]\n",
    "numbers": b"version: " + b"9" * 500_000,
    "spaces": b" " * 900_000 + b"a: 1",
    "colons": b"a: b: c: d",
    "directive": b"%TAG ! tag:x,2000:\n---\na: !b c\n",
    "utf16": "name: a\n".encode("utf-16"),
    "huge": b"# " + b"a" * 2_000_000,
}
PAGES = {
    "two megabytes": b"# Title\n\n" + b"word " * 400_000,
    "latin": "# Größe\n".encode("latin-1"),
    "brackets": b"[" * 190_000,
    "links": b"[a](" * 45_000 + b"<script>",
    "quotes": b"<a b='" * 30_000 + b"><script>",
    "backticks": b"".join(b"`" * n for n in range(1, 600)) + b"\n\n<script>",
    "comments": b"<!--" * 40_000 + b"--><script>",
    "definitions": b"[a]: javascript:x\n" * 5_000,
    "fences": b"```\n" * 30_001 + b"~~~\n```\n\n<script>",
    "attributes": b"<a " + b"x " * 60_000 + b"onclick=y>",
}


def modules(base: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The files of each hostile module, by its folder's name."""
    for (what, text), field in itertools.product(TEXTS.items(), FIELDS):
        name = f"field-{what}-{field.replace('.', '-').replace('_', '-')}"
        data = _with(base, field, text) | ({} if field == "name" else {"name": name})
        yield name, {"module.yaml": _encoded(data)}
    for name in NAMES:
        yield name, {"module.yaml": _encoded({**base, "name": name})}
    for what, content in DOCUMENTS.items():
        yield f"document-{what}", {"module.yaml": content}
    for what, content in PAGES.items():
        name = f"page-{what.replace(' ', '-')}"
        yield name, {"module.yaml": _encoded({**base, "name": name}), "README.md": content}


def _encoded(data: Mapping[str, Any]) -> bytes:
    text: str
    try:
        text = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=False, sort_keys=False)
    except UnicodeEncodeError:  # half of a pair, which the quick one takes for no text
        text = yaml.safe_dump(data, allow_unicode=False, sort_keys=False)
    return text.encode()


def _with(base: Mapping[str, Any], field: str, text: str) -> dict[str, Any]:
    data = deepcopy(dict(base))
    *above, last = [int(part) if part.isdigit() else part for part in field.split(".")]
    node: Any = data
    for key in above:
        node = node[key]
    node[last] = text
    return data


@pytest.mark.starts("processes")
def test_each_has_its_finding(memory_tree: Callable[..., Any]) -> None:
    tree = memory_tree()
    base = yaml.safe_load(tree.files["modules/plain/module.yaml"])
    hostile = dict(modules(base))
    assert len(hostile) >= 300
    for name, files in hostile.items():
        for file, content in files.items():
            tree.files[f"modules/{name}/{file}"] = content
    tree.links["modules/linked/module.yaml"] = "/etc/passwd"
    tree.sizes["modules/large/module.yaml"] = 100_000_000
    findings = examine(tree).findings
    assert "check/rule-failed" not in {finding.code for finding in findings}
    for name in [*hostile, "linked", "large"]:
        assert own(findings, name), name
    for name in ("plain", "other"):  # sound, and copied by the hostile ones
        assert {each.code for each in own(findings, name)} <= {"module/title"}
    for finding in findings:
        words = f"{finding.place} {finding.message} {finding.hint}"
        assert words.isprintable(), finding
        assert len(words) < 3_000, finding
        assert words.encode()


def own(findings: tuple[Finding, ...], name: str) -> list[Finding]:
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
    path = f"modules/{shown}"
    return [f for f in findings if f.place.path == path or f.place.path.startswith(f"{path}/")]
