"""Model cards, bioimage.io's and MLflow's files, each beside the module that comes of it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from functools import reduce
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.catalog.converting.ai4os import export
from deepcat.catalog.converting.build import Home, Imported, convert
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.generation import Generation
from deepcat.catalog.converting.outcome import aside
from deepcat.catalog.converting.proof import prove
from deepcat.errors import DeepcatError

FOLDER = Path(__file__).with_name("foreign")
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
HOME = Home("https://example.org/owner/here", "here")


def imported(case: dict[str, Any], **options: Any) -> Imported:
    files: dict[str, str] = case.get("beside", {})

    def beside(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    found, errors = convert(
        case["source"].encode(), case["path"], beside=beside, home=HOME, **options
    )
    assert found is not None, errors
    return found


def case_of(name: str) -> dict[str, Any]:
    found = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", CASES)
def test_it_becomes_the_module(name: str) -> None:
    case = case_of(name)
    found = imported(case)
    assert found.generation == case["generation"]
    for key, value in case["module"].items():
        assert found.module.get(key) == value, key
    assert list(aside(found.module)) == case["lost"]
    if "readme" in case:
        assert found.readme == case["readme"]
    said = [f"{each.place.line}: {each.code}: {each.message}" for each in found.findings]
    assert [each for each in case["findings"] if each not in said] == []
    assert all(not each.is_error for each in found.findings)


@pytest.mark.parametrize("name", CASES)
def test_it_passes_a_check(name: str) -> None:
    case = case_of(name)
    found = imported(case)
    files = {"module.yaml": dump(found.module).encode(), "README.md": found.readme.encode()}
    errors = [each for each in prove(found.name, files, b"") if each.is_error]
    # A picture of the case is none, and no archive lies at its address.
    assert {each.code for each in errors} <= {"module/image"}


# In turn, instead of each value of each case.
OTHERS = (
    *(None, 5, -1.5, True, "", [], {}, [5], [None], {"a": 1}, {"name": 5}, {"source": 5}),
    *("../x", "a\nb|c`d", "\u202e<script>", "x" * 70_000, float("inf"), ["a", {"b": [1]}]),
)


@pytest.mark.parametrize("name", CASES)
def test_no_value_is_trusted_to_be_what_it_should(name: str) -> None:
    case = case_of(name)
    _, front, body = (
        case["source"].split("---\n", 2) if case["source"][:3] == "---" else ("", "", "")
    )
    data = yaml.safe_load(front or case["source"])
    others = cycle(OTHERS)
    for pointer in list(pointers(data)):
        changed = copy.deepcopy(data)
        reduce(lambda holder, part: holder[part], pointer[:-1], changed)[pointer[-1]] = next(others)
        text = yaml.safe_dump(changed, allow_unicode=True)
        source = f"---\n{text}---\n{body}" if front else text
        try:
            found = imported({**case, "source": source})
        except DeepcatError as error:
            assert error.code == "import/shape", pointer
        else:
            assert yaml.safe_load(dump(found.module))["name"] == found.name


def pointers(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        yield (*above, key)
        if isinstance(item, dict | list):
            yield from pointers(item, (*above, key))


def test_a_format_can_be_said() -> None:
    case = {"path": "card.md", "source": "---\nsomething: else\n---\n# A card\n\nOf something.\n"}
    with pytest.raises(DeepcatError) as caught:
        imported(case)
    assert caught.value.code == "import/shape"
    assert imported(case, wanted=Generation.HUGGING_FACE).module["summary"] == "Of something."


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("card.md", "# No metadata\n", "import/shape"),
        ("card.md", "---\na: [1\n---\ntext\n", "yaml/syntax"),
        ("card.md", "---\n- a\n---\ntext\n", "import/shape"),
        ("card.md", "---\nlicense: mit\ntags: x\u0007\n---\ntext\n", "yaml/syntax"),
        ("rdf.yaml", "a: &a [1, *a]\n", "yaml/alias"),
        ("MLmodel", "flavors: !!python/object:os.system {}\n", "yaml/tag"),
    ],
)
def test_what_cannot_be_read_is_said(path: str, text: str, code: str) -> None:
    found, errors = convert(text.encode(), path, home=HOME)
    assert found is None
    assert errors[0].code == code and errors[0].place.path == path


def test_other_things_of_bioimage_are_no_models() -> None:
    for kind in ("dataset", "notebook", "application"):
        text = f"format_version: 0.3.0\ntype: {kind}\nname: x\n"
        with pytest.raises(DeepcatError, match="is no model"):
            convert(text.encode(), "rdf.yaml", home=HOME)


def test_a_licence_text_stands_for_one_that_is_not_named() -> None:
    text = b"flavors: {sklearn: {}}\n"
    found, _ = convert(text, "MLmodel", home=Home("https://example.org/x", "x", "MIT"))
    assert found is not None and found.module["license"] == "MIT"
    card = b"---\nlicense: apache-2.0\n---\n# A\n"
    found, _ = convert(card, "README.md", home=Home("https://example.org/x", "x", "MIT"))
    assert found is not None and found.module["license"] == "Apache-2.0"
    assert "ask its authors which one holds" in [each.hint for each in found.findings]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("cc-by-nc-4.0", "CC-BY-NC-4.0"),
        ("bsd-3-clause-clear", "BSD-3-Clause-Clear"),
        ("gpl-2.0", "GPL-2.0-only"),
        ("agpl-3.0", "AGPL-3.0-only"),
        ("odbl", "ODbL-1.0"),
        ("openrail", "NOASSERTION"),
        ("cc", "NOASSERTION"),
        ("other", "NOASSERTION"),
    ],
)
def test_the_hub_writes_licences_in_small_letters(written: str, found: str) -> None:
    case = {"path": "README.md", "source": f"---\nlicense: {written}\n---\n# A\n"}
    module = imported(case).module
    assert module["license"] == found
    assert module.get("x-license") == (written if found == "NOASSERTION" else None)


@pytest.mark.parametrize(("content", "taken"), [(b"an archive", True), (b"another", False)])
def test_a_saved_model_that_lies_beside_is_the_one_that_is_meant(
    content: bytes, taken: bool
) -> None:
    digest = hashlib.sha256(b"an archive").hexdigest()
    text = (
        "format_version: 0.5.3\ntype: model\nname: x\nweights:\n  tensorflow_saved_model_bundle:\n"
        f"    source: ./tf.zip\n    sha256: {digest}\n"
    )
    found, _ = convert(text.encode(), "rdf.yaml", home=HOME, beside={"tf.zip": content}.get)
    assert found is not None
    model = {"format": "tensorflow-savedmodel", "sha256": digest, "path": "tf.zip"}
    assert found.module.get("model") == (model if taken else None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("card.md", "---\nlicense: apache-2.0\nlibrary_name: keras\n---\n# Model\n"),
        ("rdf.yaml", "format_version: 0.5.3\ntype: model\nname: Cells\nweights: {}\n"),
        ("MLmodel", "flavors: {keras: {}}\nmodel_uuid: abc\n"),
    ],
)
def test_code_that_nobody_names_is_a_hint(path: str, text: str) -> None:
    found, errors = convert(text.encode(), path)
    assert found is not None and not errors
    assert "source_code" not in found.module["links"]
    said = [each for each in found.findings if each.code == "import/source"]
    assert [(each.is_error, "--source-code" in each.hint) for each in said] == [(False, True)]
    files = {"module.yaml": dump(found.module).encode(), "README.md": found.readme.encode()}
    assert [each for each in prove(found.name, files, b"") if each.is_error] == []
    given = export(found.module)
    again, errors = convert(yaml.safe_dump(given).encode(), "ai4-metadata.yml")
    assert again is not None and again.module == found.module


def test_a_comment_that_is_never_closed_takes_all_that_is_left() -> None:
    card = "---\nlicense: mit\n---\n# Leaves\n\nNames leaves. <!-- Not said <!-- nor this\n"
    found, _ = convert(card.encode(), "README.md", source_code=HOME.page, home=HOME)
    assert found is not None
    assert found.module["summary"] == found.module["description"] == "Names leaves."
