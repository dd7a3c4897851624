"""A module, a deployment or a catalog to begin with: from answers to files. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.reading.archive import read
from deepcat.catalog.reading.savedmodel import signatures
from deepcat.errors import UsageError

API = "deepcat/v1"
_LARGEST_EXAMPLE = 10_000
_ZEROS: Mapping[str, Any] = {"string": "", "bool": False}


@dataclass(frozen=True, slots=True)
class Answers:
    """What is asked before a module is begun.

    Attributes:
        name: the module's.
        title: for readers.
        summary: one sentence.
        source_code: an address.
        licence: an SPDX expression.
        libraries: of the vocabulary.
        tasks: of the vocabulary.
        categories: of the vocabulary.
        data_types: of the vocabulary.
        tags: words of the author's own.
        author: a name; empty for none.
        orcid: the author's; empty for none.
        maintainers: handles.
        today: the day, as year-month-day.
    """

    name: str
    title: str
    summary: str
    source_code: str
    licence: str
    libraries: Sequence[str]
    tasks: Sequence[str]
    categories: Sequence[str]
    data_types: Sequence[str]
    tags: Sequence[str]
    author: str
    orcid: str
    maintainers: Sequence[str]
    today: str


@dataclass(frozen=True, slots=True)
class Model:
    """A SavedModel's archive that a module begins with."""

    file: str
    content: bytes
    signature: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """The archive's checksum."""
        return hashlib.sha256(self.content).hexdigest()


def take_in(name: str, content: bytes) -> Model:
    """An archive as the module will hold it.

    Raises:
        UsageError: it is no archive of a SavedModel.
    """
    endings = (".tar.gz", ".tgz", ".tar", ".zip")
    ending = next((ending for ending in endings if name.endswith(ending)), "")
    contents = read(name, content)
    if contents.faults or contents.saved_model is None:
        fault = contents.faults[0] if contents.faults else "it holds no saved_model.pb"
        hint = "pack the folder that holds `saved_model.pb`: tar -czf model.tar.gz -C FOLDER ."
        raise UsageError(f"`{name}` will not do as a model: {fault}", hint=hint)
    try:
        signature = signatures(contents.saved_model)
    except ValueError as error:
        raise UsageError(f"the `saved_model.pb` in `{name}` cannot be read: {error}") from None
    return Model(f"model{ending}", content, signature)


def module_data(answers: Answers, model: Model | None) -> dict[str, Any]:
    """The content of `module.yaml`."""
    data: dict[str, Any] = {
        "apiVersion": API,
        "name": answers.name,
        "version": "0.1.0",
        "title": answers.title,
        "summary": answers.summary,
        "description": answers.summary,
        "dates": {"created": answers.today, "updated": answers.today},
        "links": {"source_code": answers.source_code},
        "libraries": list(answers.libraries),
        "tasks": list(answers.tasks),
        "categories": list(answers.categories),
        "tags": list(answers.tags),
    }
    if answers.data_types:
        data["data-type"] = list(answers.data_types)
    data["license"] = answers.licence
    if answers.author:
        orcid = {"orcid": answers.orcid} if answers.orcid else {}
        data["authors"] = [{"name": answers.author, **orcid}]
    if answers.maintainers:
        data["maintainers"] = list(answers.maintainers)
    data["resources"] = {"inference": {"cpu": 1, "gpu": 0, "memory_MB": 1024, "storage_MB": 100}}
    if model:
        data["topology"] = "tosca.yaml"
        data["model"] = {
            "format": "tensorflow-savedmodel",
            "path": model.file,
            "sha256": model.sha256,
        }
        if model.signature:
            data["model"]["signature"] = dict(model.signature)
    text = {"version": "0.1.0", "date": answers.today, "kind": "added", "text": "First version."}
    data["changes"] = [text]
    return data


def topology(answers: Answers, model: Model) -> str:
    """The content of `tosca.yaml`: a host, the model, a server."""
    return _TOPOLOGY.format(
        description=_quoted(f"{answers.title}, served by TensorFlow Serving's API."),
        name=answers.name,
        archive=model.file,
        sha256=model.sha256,
    )


def readme(answers: Answers, model: Model | None) -> str:
    """The content of `README.md`: the headings of a model card."""
    example = example_request(model.signature) if model else None
    call = _CALL.format(name=answers.name, body=json.dumps(example)) if example else ""
    return _README.format(title=_plain(answers.title), summary=_plain(answers.summary), call=call)


def example_request(signature: Mapping[str, Any]) -> dict[str, Any] | None:
    """A request of the right form, all zeros and empty texts; None when none can be made small."""
    usable = {name: known for name, known in signature.items() if known["method"] == "predict"}
    name = "serving_default" if "serving_default" in usable else next(iter(usable), "")
    if not name:
        return None
    values = {key: _zeros(tensor) for key, tensor in usable[name]["inputs"].items()}
    if len(json.dumps(values)) > _LARGEST_EXAMPLE:
        return None
    chosen = {} if name == "serving_default" else {"signature_name": name}
    return {**chosen, "inputs": next(iter(values.values())) if len(values) == 1 else values}


def _zeros(tensor: Mapping[str, Any]) -> Any:
    value = _ZEROS.get(tensor["dtype"], 0 if "int" in tensor["dtype"] else 0.0)
    total = 1
    for size in reversed(tensor["shape"]):
        length = 1 if size < 0 else size
        total *= max(length, 1)
        if total > _LARGEST_EXAMPLE:
            return "0" * _LARGEST_EXAMPLE * 2
        value = [value] * length
    return value


def deployment_data(
    module: str,
    *,
    version: str,
    profile: str,
    clouds: Sequence[str],
    max_price: float | None,
    lifetime: str,
    owner: str,
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of a deployment's file; what is empty is left out."""
    placement: dict[str, Any] = {}
    if clouds:
        placement["clouds"] = list(clouds)
    if max_price is not None:
        placement["max_price"] = max_price
    rest = {
        "inputs": dict(inputs),
        "placement": placement,
        "lifetime": lifetime,
        "owner": owner,
    }
    head = {"apiVersion": API, "module": module, "version": version, "profile": profile}
    return head | {key: value for key, value in rest.items() if value}


def catalog_data(title: str, repository: str) -> dict[str, Any]:
    """The content of `deepcat.yaml`."""
    data = {
        "apiVersion": API,
        "title": title,
        "summary": "Machine-learning modules that you can read about, try and run.",
        "currency": "EUR",
    }
    return data | ({"repository": repository} if repository else {})


def catalog_readme(title: str) -> str:
    """The content of a new catalog's `README.md`."""
    return _CATALOG_README.format(title=_plain(title))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    """A text that Markdown shows as it is written."""
    signs = set("\\`*_[]<>#|{}!")
    return "".join(f"\\{sign}" if sign in signs else sign for sign in " ".join(text.split()))


def as_json(body: Mapping[str, Any]) -> str:
    """A body as the text of a file."""
    return json.dumps(body, indent=2) + "\n"


# How a sample is added once the model's answer is known.
SAMPLE = """
# Ask the model for its answer to samples/example.request.json, write it into
# samples/example.response.json, and take the signs away:
# samples:
#   - name: example
#     method: predict
#     request_file: samples/example.request.json
#     response_file: samples/example.response.json
"""

IGNORE = "/.deepcat/\n/_site/\n__pycache__/\n"

_TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3

description: {description}

imports:
  - deepcat

topology_template:

  inputs:
    rest_port:
      type: integer
      description: The port that answers REST; 0 takes a free one.
      default: 0
      constraints:
        - in_range: [0, 65535]
    grpc_port:
      type: integer
      description: The port that answers gRPC; 0 takes a free one.
      default: 0
      constraints:
        - in_range: [0, 65535]

  node_templates:

    host:
      type: tosca.nodes.Compute
      capabilities:
        host:
          properties:
            num_cpus: 1
            mem_size: 1024 MB

    model:
      type: deepcat.nodes.Model
      properties:
        name: {name}
        version: 1
        archive: {archive}
        sha256: {sha256}

    server:
      type: deepcat.nodes.ModelServer
      properties:
        model_name: {name}
        rest_port: {{ get_input: rest_port }}
        grpc_port: {{ get_input: grpc_port }}
      requirements:
        - host: host
        - model: model

  outputs:
    endpoint:
      description: The address of the REST API.
      value: {{ get_attribute: [server, rest_url] }}
"""

_README = """\
# {title}

{summary}

## What it does

Say what goes in, what comes out, and for whom it is made.
{call}
## Data

Say on which data it was trained, where they come from, and under which licence they are.

## How good it is

Say how it was measured, on data that it was not trained on, and write the figures into
`module.yaml` under `metrics`.

## Limits

Say where it fails, and what it must not be used for.
"""

_CALL = """
## How to call it

`deepcat status` shows the address of a running deployment.

```sh
curl -d '{body}' http://HOST:PORT/v1/models/{name}:predict
```
"""

_CATALOG_README = """\
# {title}

A catalog of machine-learning modules, kept in Git by deepcat.

| folder | what it holds |
| --- | --- |
| `modules/` | one folder a module: metadata, topology, README, samples |
| `clouds/` | one file a place where modules may run |
| `deployments/` | one file a wish: this module shall run, in these bounds |

```sh
deepcat check                  # what is wrong, where, and how to mend it
deepcat new module NAME        # begin a module
deepcat new deployment NAME    # begin a deployment
deepcat plan                   # what would change
deepcat apply                  # carry it out
deepcat site build             # the website, in _site/
```
"""
