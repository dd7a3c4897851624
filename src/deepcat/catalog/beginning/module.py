"""A module to begin with: from answers to files. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.beginning.model import Model, example_request
from deepcat.catalog.beginning.texts import API, plain, quoted


@dataclass(frozen=True, slots=True)
class Answers:
    """What is asked before a module is begun.

    Attributes:
        name: the module's.
        title: for readers.
        summary: one sentence.
        source_code: an address.
        licence: an SPDX expression; empty where nobody said one.
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
    if answers.licence:
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
            "format": model.format,
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
        description=quoted(f"{answers.title}, served by TensorFlow Serving's API."),
        name=answers.name,
        format=model.format,
        archive=model.file,
        sha256=model.sha256,
    )


def readme(answers: Answers, model: Model | None) -> str:
    """The content of `README.md`: the headings of a model card."""
    example = example_request(model.signature) if model else None
    call = _CALL.format(name=answers.name, body=_posted(example)) if example else ""
    return _README.format(title=plain(answers.title), summary=plain(answers.summary), call=call)


def sample_note(name: str) -> str:
    """The remark at the end of `module.yaml` that says how a first sample is made."""
    return _SAMPLE.format(name=name, example=EXAMPLE)


def _posted(example: Mapping[str, Any]) -> str:
    """What `curl` shall post: the request itself, or the file that holds one that is long."""
    text = json.dumps(example)
    return shlex.quote(text) if len(text) <= _LONGEST_CALL else f"@{EXAMPLE}"


# Where a request lies whose answer is not known yet.
EXAMPLE = "samples/example.request.json"
_LONGEST_CALL = 400

_SAMPLE = """
# Once a deployment runs, this makes a sample of what it answers:
#   deepcat predict DEPLOYMENT --data modules/{name}/{example} --save-sample example
"""

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
        format: {format}
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
curl -d {body} http://HOST:PORT/v1/models/{name}:predict
```
"""
