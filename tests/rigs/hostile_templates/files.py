"""What a template is made of, names and brings along."""

# ruff: noqa: E501 - lines of data
from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

from hostile_templates.base import (
    CSAR,
    HEAD,
    JINJA,
    MAIN,
    Case,
    Files,
    Link,
    dump,
    good,
    main,
    nodes,
)


def files_named() -> Case:
    node = "a: {type: tosca.nodes.SoftwareComponent, requirements: [{host: h}], %s}\nh: {type: tosca.nodes.Compute}"
    for name, path in {
        "up": "../../../../outside/secret.yaml", "absolute": "/etc/passwd", "missing": "run.sh",
        "role": "role:shell", "role-up": "role:../../x", "jinja": JINJA, "file-url": "file:///etc/passwd",
        "home": "~/x.sh", "windows": "C:/x.sh", "device": "/dev/zero", "link": "link.sh", "newline": "a\\nb.sh",
        "folder": "scripts", "flags": "-rf", "long": "x" * 3_000,
    }.items():  # fmt: skip
        body = f'interfaces: {{Standard: {{create: "{path}"}}}}'
        yield (
            f"operation-{name}",
            nodes(node % body)
            | {
                "modules/m/link.sh": Link("../../../../outside/secret.yaml"),
                "modules/m/scripts/x.sh": "",
            },
        )
        body = f'artifacts: {{x: {{type: tosca.artifacts.File, file: "{path}"}}}}'
        if name not in ("role", "role-up", "file-url"):
            yield (
                f"artifact-{name}",
                nodes(node % body)
                | {
                    "modules/m/link.sh": Link("../../../../outside/secret.yaml"),
                    "modules/m/scripts/x.sh": "",
                },
            )
    yield "artifact-type", nodes(node % "artifacts: {x: {type: my.A, file: x}}")
    yield "artifact-empty", nodes(node % "artifacts: {x: {type: tosca.artifacts.File}}")
    yield "artifact-list", nodes(node % "artifacts: [a]")
    yield "interface", nodes(node % "interfaces: {Standrd: {create: x.sh}}")
    yield "operation", nodes(node % "interfaces: {Standard: {creat: x.sh}}")
    yield "remote", nodes(node % "interfaces: {Standard: {create: 'https://example.org/x.yml'}}")


BAD_NAMES = {
    "jinja": "'{{ 7 * 7 }}'", "shell": "'a; touch canary'", "substitution": "'$(touch canary)'",
    "newline": '"a\\nb"', "direction": '"a\\u202Eb"', "zero-width": '"a\\u200Bb"', "homoglyph": "'sеrver'",
    "emoji": "'🚀'", "empty": "''", "long": "'" + "x" * 500 + "'", "up": "'../x'", "slash": "'a/b'",
    "dash": "'-rf'", "space": "'a b'", "quote": "'a\"b'", "tag": "'<script>alert(1)</script>'",
    "nul": '"a\\0b"', "dot": "'.'", "percent": "'a%20b'", "combining": "'é̂'",
}  # fmt: skip


def names() -> Case:
    for name, bad in BAD_NAMES.items():
        yield f"node-{name}", nodes(f"? {bad}\n: {{type: tosca.nodes.Root}}")
    for name, bad in list(BAD_NAMES.items())[:8]:
        body = "  node_templates:\n    a: {type: tosca.nodes.Root}\n"
        yield (
            f"input-{name}",
            main(
                f"topology_template:\n  inputs:\n    ? {bad}\n    : {{type: string, default: x}}\n{body}"
            ),
        )
        yield (
            f"output-{name}",
            main(f"topology_template:\n{body}  outputs:\n    ? {bad}\n    : {{value: x}}\n"),
        )
        yield (
            f"type-{name}",
            main(
                f"node_types:\n  ? {bad}\n  : {{derived_from: tosca.nodes.Root}}\ntopology_template:\n{body}"
            ),
        )


def jinja() -> Case:
    """An expression in the place of each text, and each key, of a good template."""
    for index, pointer in enumerate(_texts(good())):
        data = good()
        target: Any = data
        for key in pointer[:-1]:
            target = target[key]
        target[pointer[-1]] = JINJA
        yield f"text-{index}", {MAIN: dump(data), "modules/m/model.tar.gz": ""}


def _texts(data: Any, pointer: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if isinstance(value, str):
            yield (*pointer, key)
        elif isinstance(value, (dict, list)):
            yield from _texts(value, (*pointer, key))


def large() -> Case:
    short = "node_types:\n  T: {derived_from: tosca.nodes.Root}\n"
    yield "nodes", nodes("\n".join(f"n{i}: {{type: T}}" for i in range(10_000)), short)
    yield "nodes-broken", nodes("\n".join(f"n{i}: {{type: x}}" for i in range(900)))
    yield (
        "properties",
        nodes(
            "a: {type: tosca.nodes.Root, properties: {"
            + ", ".join(f"p{i}: {i}" for i in range(20_000))
            + "}}"
        ),
    )
    yield (
        "inputs",
        main(
            "topology_template:\n  inputs: {"
            + ", ".join(f"i{i}: {{type: x}}" for i in range(10_000))
            + "}\n"
        ),
    )
    yield "outputs", main(
        "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n  outputs: {"
        + ", ".join(f"o{i}: {{value: {{get_input: x{i}}}}}" for i in range(10_000)) + "}\n"
    )  # fmt: skip
    yield "policies", main(
        "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n  policies: ["
        + ", ".join(f"{{p{i}: {{type: my.P}}}}" for i in range(10_000)) + "]\n"
    )  # fmt: skip
    yield "constraint", main(
        "topology_template:\n  inputs:\n    i: {type: integer, default: -1, constraints: [{valid_values: ["
        + ", ".join(map(str, range(50_000))) + "]}]}\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    )  # fmt: skip
    yield "key", main("topology_template:\n  ? " + "k" * 100_000 + "\n  : x\n")


def archives() -> Case:
    template = HEAD + "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    meta = "TOSCA-Meta-File-Version: 1.0\nCSAR-Version: 1.1\nEntry-Definitions: %s\n"
    yield "no-zip", {CSAR: "not a zip"}
    yield "empty", {CSAR: b""}
    whole = packed({"tosca.yaml": template})
    yield "cut", {CSAR: whole[: len(whole) // 2]}
    yield "no-end", {CSAR: whole[:-22]}
    for name, entry in {
        "up": "../evil.yaml", "deep-up": "a/../../evil.yaml", "absolute": "/etc/evil.yaml",
        "backslash": "..\\evil.yaml", "drive": "C:evil.yaml", "dot": "./a/./b.yaml", "bell": "a\x07b.yaml",
    }.items():  # fmt: skip
        yield f"entry-{name}", {CSAR: packed({"tosca.yaml": template, entry: "x"})}
    yield "entry-both", {CSAR: packed({"tosca.yaml": template, "a": "x", "a/b/c": "x"})}
    yield "entry-long", {CSAR: packed({"tosca.yaml": template, "é" * 128: "x"})}
    yield "entry-deep", {CSAR: packed({"tosca.yaml": template, "a/" * 600 + "b": "x"})}
    link = zipfile.ZipInfo("link.yaml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    yield "entry-link", {CSAR: packed({"tosca.yaml": template, link: "/etc/passwd"})}
    renamed = packed({"tosca.yaml": template, "toscb.yaml": template}).replace(b"toscb", b"tosca")
    yield "same-name", {CSAR: renamed}
    locked = bytearray(whole)
    locked[whole.find(b"PK\x03\x04") + 6] |= 1
    locked[whole.find(b"PK\x01\x02") + 8] |= 1
    yield "encrypted", {CSAR: bytes(locked)}
    yield "entries", {CSAR: packed({f"f{i}": "" for i in range(2_000)} | {"tosca.yaml": template})}
    yield "bomb-template", {CSAR: packed({"tosca.yaml": template + "#" * 60_000_000})}
    yield "bomb-beside", {CSAR: packed({"tosca.yaml": template, "x.bin": "0" * 80_000_000})}
    end = whole.rfind(b"PK\x05\x06")
    yield (
        "directory-lies",
        {CSAR: whole[: end + 12] + struct.pack("<I", 0x7FFFFFFF) + whole[end + 16 :]},
    )
    yield "zip64", {CSAR: whole[: end + 12] + b"\xff" * 8 + whole[end + 20 :]}
    yield (
        "meta-missing",
        {CSAR: packed({"TOSCA-Metadata/TOSCA.meta": meta % "x.yaml", "tosca.yaml": template})},
    )
    yield (
        "meta-up",
        {CSAR: packed({"TOSCA-Metadata/TOSCA.meta": meta % "../../../outside/secret.yaml"})},
    )
    yield (
        "meta-folder",
        {CSAR: packed({"TOSCA-Metadata/TOSCA.meta": meta % "d/", "d/": "", "d/a.yaml": template})},
    )
    yield "no-template", {CSAR: packed({"readme.txt": "x"})}
    yield "two-templates", {CSAR: packed({"a.yaml": template, "b.yaml": template})}
    out = HEAD.replace("deepcat", "../tosca.yaml")
    yield "import-out", {CSAR: packed({"tosca.yaml": out}), MAIN: template}
    yield "import-absolute", {CSAR: packed({"tosca.yaml": HEAD.replace("deepcat", "/etc/passwd")})}
    yield "nested", {CSAR: packed({"inner.csar": whole})}
    corrupt = bytearray(packed({"tosca.yaml": template + "#" * 5_000}))
    corrupt[60:90] = b"\xff" * 30
    yield "corrupt", {CSAR: bytes(corrupt)}
    yield "huge", {CSAR: b"PK\x05\x06" + b"\0" * 9_000_000}
    yield "broken-yaml", {CSAR: packed({"tosca.yaml": "a: [\n"})}


def packed(entries: dict[Any, str | bytes]) -> bytes:
    """A zip archive of the entries."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return memory.getvalue()


def substitutions() -> Case:
    top = HEAD.split("\n", maxsplit=1)[0] + "\n"
    own = "node_types:\n  my.T: {derived_from: tosca.nodes.Root, properties: {p: {type: string, required: false}}}\n"

    def inner(body: str) -> Files:
        text = f"{top}imports: [i.yaml]\n{own}topology_template:\n  node_templates:\n    a: {{type: my.T, directives: [substitute]}}\n"
        return {MAIN: text, "modules/m/i.yaml": top + body}

    mapped = "topology_template:\n  substitution_mappings: {node_type: my.T}\n"
    yield (
        "nothing",
        main(
            f"{own}topology_template:\n  node_templates:\n    a: {{type: my.T, directives: [substitute]}}\n"
        ),
    )
    yield (
        "itself",
        inner(mapped + "  node_templates:\n    b: {type: my.T, directives: [substitute]}\n"),
    )
    yield (
        "explodes",
        inner(
            mapped
            + "  node_templates:\n"
            + "".join(f"    b{i}: {{type: my.T, directives: [substitute]}}\n" for i in range(9))
        ),
    )
    yield (
        "input",
        inner(
            mapped
            + "  inputs: {needed: {type: string}}\n  node_templates:\n    b: {type: tosca.nodes.Root}\n"
        ),
    )
    yield (
        "capability",
        inner(
            "topology_template:\n  substitution_mappings: {node_type: my.T, capabilities: {feature: [nobody, feature]}}\n"
            "  node_templates:\n    b: {type: tosca.nodes.Root}\n"
        ),
    )
    yield "inner-type", inner(mapped + "  node_templates:\n    b: {type: my.Nothing}\n")
    for name, source in {"itself": "a", "unknown": "b", "number": "7", "list": "[a]"}.items():
        yield f"copy-{name}", nodes(f"a: {{type: tosca.nodes.Root, copy: {source}}}")
    yield (
        "copy-ring",
        nodes("a: {type: tosca.nodes.Root, copy: b}\nb: {type: tosca.nodes.Root, copy: a}"),
    )


def rest() -> Case:
    base = "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.Root}\n"
    for name, policy in {
        "type": "{type: my.P, targets: [a]}", "no-type": "{targets: [a]}", "target": "{type: tosca.policies.Scaling, targets: [b]}",
        "property": "{type: deepcat.policies.Scaling, targets: [a], properties: {max: 3}}",
        "value": "{type: deepcat.policies.Scaling, targets: [a], properties: {max_instances: many}}",
        "number": "7", "trigger": "{type: tosca.policies.Scaling, targets: [a], triggers: {t: {event: x}}}",
    }.items():  # fmt: skip
        yield f"policy-{name}", main(f"{base}  policies: [{{p: {policy}}}]\n")
    yield "group-type", main(f"{base}  groups: {{g: {{type: my.G, members: [a]}}}}\n")
    yield (
        "group-member",
        main(f"{base}  groups: {{g: {{type: tosca.groups.Root, members: [b]}}}}\n"),
    )
    yield "group-list", main(f"{base}  groups: [a]\n")
    yield "key", main(base + "  node_template: {}\n")
    yield "workflows", main(base + "  workflows: {w: {steps: {}}}\n")
