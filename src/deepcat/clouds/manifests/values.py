"""What shall be served, as manifests need it: nothing of a catalog, of a plan or of a cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

# The domain of our labels and annotations.
DOMAIN = "deepcat"
# What a part of a cluster's object may be called.
LONGEST = 63


@dataclass(frozen=True, slots=True)
class Model:
    """One model, and where it is had.

    Attributes:
        name: as clients call it.
        version: as clients number it, from 1.
        sha256: of its archive.
        source: the archive's https address; empty where it comes along.
        content: the archive itself, where it has no address; else empty.
        folder: what its folder in a pod is called; its name where none is given.
        is_plain: whether these are mere files, and nobody looks for a model among them.
    """

    name: str
    version: int
    sha256: str
    source: str = ""
    content: bytes = field(default=b"", repr=False)
    folder: str = ""
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """Accelerators of one kind for each replica.

    Attributes:
        resource: as nodes advertise it, such as ``nvidia.com/gpu``.
        count: how many.
        labels: that a node must bear.
        device_class: from which they are claimed; empty where nodes advertise them as a resource.
        expression: of CEL, that is true of the devices that will do; empty for any.
    """

    resource: str
    count: int
    labels: Mapping[str, str] = field(default_factory=dict)
    device_class: str = ""
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """Whom a server asks for a key, and how the way to it is encrypted; only our image does it.

    Attributes:
        secret: name of the object that holds the hashes of keys and the certificate; empty for
            none.
        flags: by which the server reads what lies in `objects.ACCESS`.
        is_tls: whether the way is encrypted.
        issuer: the OpenID provider that it asks for the keys of tokens; empty for none.
    """

    secret: str
    flags: tuple[str, ...] = ()
    is_tls: bool = False
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """One server with its models.

    Attributes:
        name: of its objects.
        image: of the server, which takes TensorFlow Serving's flags.
        models: that it serves; the first one is what its readiness is told by.
        namespace: empty where who applies the manifests says it.
        fetcher: image that fetches and verifies models, ours; the server's where empty.
        batching: TensorFlow Serving's BatchingParameters; None for no batching.
        environment: variables of its process.
        cpus: cores of each replica.
        memory_MiB: of each replica; 0 where nobody says.
        replicas: how many, at the start.
        least: replicas below which it is never scaled; 0 for `replicas`.
        most: replicas that it may be scaled to; no more than `replicas` for none.
        card: accelerators; None for none.
        pull_secret: name of the secret that the images are pulled with; empty for none.
        annotations: that all its objects bear.
        patience_s: how long a model may take to be fetched and loaded.
        labels: that all its objects bear besides.
        state: what tells its pods from those of another state of it, which then run beside them
            until the service leads to these; empty where the pods of one take each other's place.
        guard: who may call; None for whoever reaches it.
        marks: labels of the object that keeps its pods alone.
    """

    name: str
    image: str
    models: tuple[Model, ...]
    namespace: str = ""
    fetcher: str = ""
    batching: Mapping[str, int] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    cpus: float = 1.0
    memory_MiB: int = 0
    replicas: int = 1
    least: int = 0
    most: int = 1
    card: Card | None = None
    pull_secret: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    patience_s: int = 600
    labels: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    guard: Guard | None = None
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def scales(self) -> bool:
        """Whether it is scaled."""
        return self.most > (self.least or self.replicas)

    @property
    def workload(self) -> str:
        """The name of the object that keeps its pods."""
        return f"{short(self.name, LONGEST - 10)}-{self.state}" if self.state else self.name


def short(name: str, room: int = LONGEST) -> str:
    """A name that fits, told from others by a checksum where it had to be cut."""
    if len(name) <= room:
        return name
    return f"{name[: room - 9].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def fit(name: str) -> str:
    """A deployment's name as that of all its objects: a service's begins with a letter."""
    return short(name if name[0].isalpha() else f"d-{name}")
