"""The forms in which people bring objects to a cluster by tools of their own. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from deepcat.clouds.manifests import objects as made
from deepcat.clouds.manifests.pods import Object
from deepcat.clouds.manifests.values import Served

# Path -> text of each file.
Files = dict[str, str]


# An archive that comes along is long, and what is compiled writes it many times quicker.
_Base: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc, valid-type]
    """Text of many lines is a block; nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's interface
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(data: Any) -> str:
    """One document of YAML."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return text


def stream(documents: Sequence[Object]) -> str:
    """Many documents, one after the other, as `kubectl apply -f` reads them."""
    return "".join(f"---\n{dump(each)}" for each in documents)


def plain(served: Served) -> Files:
    """All objects in one file."""
    return {f"{served.name}.yaml": stream(made.objects(served))}


def kustomize(served: Served) -> Files:
    """A base: a file for each object, and their list, with the image for overlays to set."""
    files = _each(made.objects(served))
    whole, _, digest = served.image.partition("@")
    name, tag = split(whole)
    image: Object = {"name": name, **({"digest": digest} if digest else {"newTag": tag})}
    listed: Object = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(files),
        "images": [image],
    }
    if served.namespace:
        listed["namespace"] = served.namespace
    return {"kustomization.yaml": dump(listed), **files}


def split(image: str) -> tuple[str, str]:
    """An image's name and its tag; a port of its registry is no tag."""
    head, slash, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def helm(served: Served) -> Files:
    """A chart whose values are the image, the replicas and what each asks for.

    Text of a catalog that means something to a template stands there quoted.
    """
    documents = made.objects(served)
    marks: dict[str, str] = {}
    digest = hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()[:24]

    def mark(template: str) -> str:
        word = f"mark-{digest}-{len(marks)}"
        marks[word] = template
        return word

    for document in documents:
        document["metadata"].pop("namespace", None)
        if document["kind"] == "Deployment":
            _chart(document["spec"], mark)
    templates = {
        f"templates/{path}": _escaped(text, marks) for path, text in _each(documents).items()
    }
    chart = {
        "apiVersion": "v2",
        "name": served.name,
        "description": "A model, served by TensorFlow Serving's API.",
        "type": "application",
        "version": "0.1.0",
    }
    container = made.pod(served)["containers"][0]
    values: Object = {"image": served.image, "fetcher": served.fetcher or served.image}
    values |= {"replicas": served.replicas, "resources": container["resources"]}
    return {"Chart.yaml": dump(chart), "values.yaml": dump(values), **templates}


def _chart(spec: Object, mark: Callable[[str], str]) -> None:
    """Let a chart's values say what differs from one release to another."""
    if "replicas" in spec:
        spec["replicas"] = mark("{{ .Values.replicas }}")
    pod = spec["template"]["spec"]
    pod["containers"][0]["image"] = mark("{{ .Values.image | quote }}")
    pod["containers"][0]["resources"] = mark("{{ .Values.resources | toJson }}")
    pod["initContainers"][0]["image"] = mark("{{ .Values.fetcher | quote }}")


def _escaped(text: str, marks: Mapping[str, str]) -> str:
    """A template that gives the text as it is, but for its marks."""
    escaped = text.replace("{{", '{{ "{{" }}')
    for word, template in marks.items():
        escaped = escaped.replace(word, template)
    return escaped


def kserve(served: Served) -> Files:
    """An InferenceService, whose pods fetch and verify models as all others do."""
    pod = made.pod(served)
    server = pod["containers"][0]
    server["name"] = "kserve-container"
    # It serves by one port, and has probes and a drain of its own.
    server["ports"] = [{"containerPort": made.REST, "protocol": "TCP"}]
    for own in ("startupProbe", "livenessProbe", "readinessProbe"):
        if "httpGet" in server.get(own, {}):
            server[own]["httpGet"]["port"] = made.REST
    least = served.least or served.replicas
    predictor = {"minReplicas": least, "maxReplicas": max(served.most, least)}
    metadata = made.service(served)["metadata"]
    wanted: Object = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata,
        "spec": {"predictor": {**predictor, **pod}},
    }
    given = [each for each in made.objects(served) if each["kind"] == "ConfigMap"]
    return {f"{served.name}.yaml": stream([*given, wanted])}


def _each(documents: Sequence[Object]) -> Files:
    """A file for each object, named by what it is."""
    return {
        f"{each['kind'].lower()}-{each['metadata']['name']}.yaml": dump(each) for each in documents
    }


FORMS: Mapping[str, Callable[[Served], Files]] = {
    "kubernetes": plain,
    "kustomize": kustomize,
    "helm": helm,
    "kserve": kserve,
}
# Those that are one file, and so can be shown.
ONE_FILE = frozenset({"kubernetes", "kserve"})
