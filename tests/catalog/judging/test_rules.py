"""Every rule by its cases, which are data: `rules/<code>.yaml` says what breaks it, what not."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from lite_files import lite_file

from deepcat.catalog.check import examine
from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Source
from deepcat.catalog.judging.rule_registry import all_rules, rule_of

CASES = Path(__file__).parent / "rules"
DOCUMENTS = {
    "module": "modules/plain/module.yaml",
    "deployment": "deployments/plain.yaml",
    "cloud": "clouds/local.yaml",
    "catalog": "deepcat.yaml",
}
# Found by the command line, which lends the catalog the room `tosca`, in a history, or by no file.
ELSEWHERE = {
    "check/rule-failed",
    "deployment/inputs",
    "tosca/template",
    "deployment/gone",
    "schema/other",
}


def cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.yaml")):
        code = file.stem.replace("-", "/", 1)
        for kind, listed in yaml.safe_load(file.read_text()).items():
            for number, case in enumerate(listed):
                yield pytest.param(code, kind, case, id=f"{code}-{kind}-{number}")


@pytest.mark.parametrize(("code", "kind", "case"), tuple(cases()))
def test_case(code: str, kind: str, case: dict[str, Any], memory_tree: Callable[..., Any]) -> None:
    tree = memory_tree()
    before = hashlib.sha256(tree.files["modules/plain/model.tar.gz"]).hexdigest()
    change(tree, case, before)
    findings = examine(tree).findings
    found = [finding for finding in findings if finding.code == code]
    assert "check/rule-failed" not in {finding.code for finding in findings}
    if kind == "good" or case.get("none"):
        assert found == []
        return
    assert found
    if "count" in case:
        assert len(found) == case["count"]
    if "find" in case:
        assert [str(finding.place) for finding in found] == case["find"]
    text = case.get("says", "")
    assert any(text in finding.message for finding in found)
    hint = case.get("hint", "").replace("SHA256", before)
    assert case.get("hint-any") or any(hint in finding.hint for finding in found)
    for finding in found:
        assert finding.hint
        assert finding.severity is rule_of(code).severity
        assert finding.message.isprintable()
        assert str(finding.place).isprintable()


def change(tree: Any, case: Mapping[str, Any], digest: str) -> None:
    for pair in case.get("move", {}).items():
        for name in [name for name in tree.files if name.startswith(pair[0])]:
            tree.files[name.replace(*pair, 1)] = tree.files.pop(name)
    for what, path in DOCUMENTS.items():
        dropped = case.get("drop", {}).get(what, [])
        if dropped or what in case:
            data = yaml.safe_load(tree.files[path])
            for pointer in dropped:
                edit(data, pointer.split("."), None, drop=True)
            for pointer, value in case.get(what, {}).items():
                edit(data, pointer.split("."), value)
            tree.files[path] = yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode()
    for name, text in case.get("write", {}).items():
        tree.files[name] = content(text)
    for name, text in case.get("append", {}).items():
        tree.files[name] += content(text)
    for name, (old, new) in case.get("replace", {}).items():
        text = tree.files[name].decode()
        tree.files[name] = text.replace(old.replace("SHA256", digest), new).encode()
    for name, digits in case.get("bytes", {}).items():
        tree.files[name] = bytes.fromhex(digits)
    for name, members in case.get("archive", {}).items():
        tree.files[name] = archive(name, members)
    for name, graph in case.get("graph", {}).items():
        others = dict.fromkeys(graph.pop("beside", ()), "x")
        tree.files[name] = archive(
            name,
            {"m/saved_model.pb": saved_model(**graph)}
            | {f"m/{each}": text for each, text in others.items()},
        )
    for name, lite in case.get("lite", {}).items():
        tree.files[name] = lite_archive(name, **lite)
    for name, size in case.get("bomb", {}).items():
        tree.files[name] = gzip.compress(bytes(size), compresslevel=9)
    for name in case.get("remove", []):
        del tree.files[name]
    for name, target in case.get("link", {}).items():
        tree.files.pop(name, None)
        tree.links[name] = target
    for name, size in case.get("size", {}).items():
        tree.files.pop(name, None)
        tree.sizes[name] = size


def lite_archive(name: str, **of: Any) -> bytes:
    content = lite_file(of.get("signatures", {}), [tuple(each) for each in of["operations"]])
    beside = {f"m/{each}": "" for each in of.get("beside", ())}
    return archive(name, {"m/model.tflite": content, **beside})


def edit(data: Any, pointer: list[str], value: Any, *, drop: bool = False) -> None:
    *above, last = [int(part) if part.isdigit() else part for part in pointer]
    for key in above:
        data = data[key]
    if drop:
        del data[last]
    elif isinstance(value, dict) and set(value) == {"text", "times"}:
        data[last] = value["text"] * value["times"]
    elif isinstance(value, dict) and set(value) == {"list"}:
        data[last] = [f"word {number}" for number in range(value["list"])]
    else:
        data[last] = value


def content(text: str | Mapping[str, Any]) -> bytes:
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    many = text["text"] * text["times"]
    return f"{text.get('start', '')}{many}{text.get('end', '')}".encode()


def saved_model(
    nodes: list[list[Any]] | None = None,
    functions: Mapping[str, list[list[Any]]] | None = None,
    saver: list[str] | None = None,
    signatures: Mapping[str, Mapping[str, int | str]] | None = None,
    assets: list[str] | None = None,
    tags: Sequence[str] = ("serve",),
) -> bytes:
    """A SavedModel, as it is encoded.

    Args:
        nodes: ``[name, op, inputs, functions called]``.
        functions: name -> its nodes.
        saver: what its fields name.
        signatures: name -> its inputs, each a type's number, or a form.
        assets: the names of files.
        tags: of the graph.
    """
    library = [
        message(1, message(1, text(1, name), message(2, text(1, "given"))), *body(3, rows))
        for name, rows in (functions or {}).items()
    ]
    parts = [*body(1, nodes or []), message(2, *library)]
    saving = [text(number, name) for number, name in enumerate(saver or [], 1)]
    named = []
    for name, tensors in (signatures or {}).items():
        inputs = [message(1, text(1, key), message(2, tensor(of))) for key, of in tensors.items()]
        method = text(3, "tensorflow/serving/predict")
        named.append(message(5, text(1, name), message(2, *inputs, method)))
    files = [message(6, text(2, name)) for name in assets or []]
    facts = message(1, *(text(4, tag) for tag in tags))
    return message(2, facts, message(2, *parts), message(3, *saving), *named, *files)


def tensor(of: int | str) -> bytes:
    if isinstance(of, int):
        return text(1, "t:0") + bytes([2 << 3, of])
    return message({"sparse": 4, "composite": 5}[of], b"")


def body(number: int, rows: list[list[Any]]) -> list[bytes]:
    found = []
    for name, op, *more in rows:
        inputs, calls = (*more, [], [])[:2] if len(more) < 2 else more
        parts = [text(1, name), text(2, op), *(text(3, each) for each in inputs)]
        for each in calls:
            parts.append(message(5, text(1, "f"), message(2, message(10, text(1, each)))))
        found.append(message(number, *parts))
    return found


def text(number: int, value: str) -> bytes:
    return message(number, value.encode())


def message(number: int, *parts: bytes) -> bytes:
    content, head = b"".join(parts), bytes([number << 3 | 2])
    size = len(content)
    while size > 0x7F:
        head += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + bytes([size]) + content


def archive(name: str, members: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w") as packed:
            for member, text in members.items():
                packed.writestr(member, text)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member, text in members.items():
            facts = tarfile.TarInfo(member)
            if isinstance(text, str) and text.startswith("-> "):
                facts.type, facts.linkname = tarfile.SYMTYPE, text[3:]
                tar.addfile(facts)
            else:
                content = text.encode() if isinstance(text, str) else text
                facts.size = len(content)
                tar.addfile(facts, io.BytesIO(content))
    return buffer.getvalue()


def test_base_has_no_findings(memory_tree: Callable[..., Any]) -> None:
    assert examine(memory_tree()).findings == ()


def test_no_rule_asks_for_a_place_in_vain(
    memory_tree: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places cost a second, slow reading; a catalog without findings must not pay for it."""

    def slow(*_: object) -> None:
        pytest.fail("a document was read event by event")

    monkeypatch.setattr("deepcat.catalog.reading.parse_events.read_events", slow)
    assert examine(memory_tree()).findings == ()


def test_every_rule_has_cases_and_every_case_a_rule() -> None:
    tested = {file.stem.replace("-", "/", 1) for file in CASES.glob("*.yaml")}
    assert tested == set(all_rules()) - ELSEWHERE
    for file in CASES.glob("*.yaml"):
        kinds = yaml.safe_load(file.read_text())
        assert set(kinds) == {"bad", "good"}, file.name


def test_every_rule_is_one_file_with_a_page(repository: Path) -> None:
    files = {
        path.stem
        for path in (repository / "src" / "deepcat" / "catalog" / "judging" / "rules").glob("*.py")
        if path.stem != "__init__"
    }
    assert {code.replace("/", "_").replace("-", "_") for code in all_rules()} == files
    for code, rule in all_rules().items():
        assert rule.title.endswith("."), code
        assert "\n" not in rule.title, code
        assert rule.why, code
        assert rule.mend, code
        assert bool(rule.bad) == bool(rule.good), code
        assert (rule.find is None) == (rule.source in {Source.PARSER, Source.OUTSIDE}), code


def test_there_are_enough_rules_of_both_kinds() -> None:
    severities = [rule.severity for rule in all_rules().values()]
    assert severities.count(Severity.ERROR) >= 30
    assert severities.count(Severity.HINT) >= 10


def test_a_family_of_codes_shares_its_page() -> None:
    assert rule_of("tosca/unknown-key").code == "tosca/template"
    with pytest.raises(KeyError):
        rule_of("module/none")
