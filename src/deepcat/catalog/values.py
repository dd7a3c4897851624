"""Modules, clouds and deployments as frozen values: `data` is the parsed file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.access import Access
from deepcat.catalog.findings import Finding
from deepcat.host.data.address import MOUNT, STORE, address_of, mounted_by
from deepcat.host.data.manifest import Manifest

# What only tells of a module, and never goes to a host where a script could take it for a program.
PROSE_FILES = frozenset({"README.md", "module.yaml"})

# The file that stands for the topology of a place to develop a module in, which is made of it.
DEVELOPED = "develop#module.yaml"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Where a module's model lies, and how to know it.

    Attributes:
        format: such as ``tensorflow-savedmodel``.
        path: POSIX path inside the module's folder, or empty.
        source: an https URL, or empty. One of the two is set.
        sha256: 64 lower-case hexadecimal digits of the archive.
        signature: signature name -> {"method", "inputs", "outputs"}; each tensor is
            {"dtype": TensorFlow's name, "shape": [int, ...] with -1 for unknown}.
    """

    format: str
    path: str
    source: str
    sha256: str
    signature: Mapping[str, Any]


# A body of a sample that is longer, as JSON, is a file by itself wherever it is kept or published.
LONG_BODY = 64_000


@dataclass(frozen=True, slots=True)
class Sample:
    """A request with its expected response, both as TensorFlow Serving's REST bodies.

    Attributes:
        name: unique inside the module.
        method: ``predict``, ``classify`` or ``regress``.
        request: the JSON body to post.
        response: the JSON body expected.
        tolerance: the largest absolute or relative difference allowed between two numbers.
        request_file: the file of the module's folder that holds the request; empty for none.
        response_file: the same of the response.
    """

    name: str
    method: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    tolerance: float = 1e-4
    request_file: str = ""
    response_file: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """One entry of the catalog.

    Attributes:
        name: equal to its folder's name.
        version: SemVer.
        path: POSIX path of the folder, relative to the catalog's root.
        data: `module.yaml`, as parsed.
        digest: sha256 over every file of the folder, by name and content.
        topology: POSIX path of the TOSCA template relative to the root; empty when there is none.
        model: None when the module brings no model of its own.
        samples: in the file's order; those kept in files are read in.
    """

    name: str
    version: str
    path: str
    data: Mapping[str, Any] = field(repr=False)
    digest: str
    topology: str
    model: ModelRef | None
    samples: tuple[Sample, ...] = field(repr=False)

    def template(self, profile: str) -> str:
        """POSIX path of what a deployment of a profile runs, relative to the root; empty for none.

        For ``train`` it is `module.yaml` itself where that says how the model is trained, and for
        ``develop`` what is made of it; else, as for every other profile, the topology.
        """
        if profile == "develop":
            return f"{self.path}/{DEVELOPED}"
        is_trained = profile == "train" and trains(self.data)
        return f"{self.path}/module.yaml" if is_trained else self.topology


def lock_of(data: Mapping[str, Any]) -> str:
    """The lock file of a module's training, by its path in the module's folder; empty for none."""
    training = data.get("training")
    lock = training.get("environment") if isinstance(training, Mapping) else None
    return lock if isinstance(lock, str) else ""


def trains(data: Mapping[str, Any]) -> bool:
    """Whether a module, as parsed, says by which command its model is trained."""
    training = data.get("training")
    return isinstance(training, Mapping) and isinstance(training.get("command"), str | list)


@dataclass(frozen=True, slots=True)
class AcceleratorRequest:
    """What a workload needs of accelerators; None or empty means no wish.

    Attributes:
        vendor: ``nvidia``, ``amd``, ``intel``, ``google``; empty for any.
        models: canonical names, in order of preference.
        count: accelerators for each replica; 0 for none.
        memory_MiB: least memory of each accelerator.
        compute_capability: least CUDA compute capability, such as ``(7, 0)``.
        cuda: least CUDA version.
        driver: least driver version.
        mig: a MIG profile such as ``1g.10gb``.
        interconnect: ``nvlink``, ``pcie``, ``infiniband``; empty for any.
    """

    vendor: str = ""
    models: tuple[str, ...] = ()
    count: int = 0
    memory_MiB: int = 0
    compute_capability: tuple[int, int] | None = None
    cuda: str = ""
    driver: str = ""
    mig: str = ""
    interconnect: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """The bounds inside which a deployment may be placed.

    Attributes:
        clouds: names allowed; empty means every cloud.
        max_price: per hour, in the catalog's currency; None for no bound.
        prefer: ``price``, ``wait``, ``sla`` or ``data``; empty where the wish says nothing.
    """

    clouds: tuple[str, ...] = ()
    max_price: float | None = None
    prefer: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A wish: this module, this profile, these bounds.

    Attributes:
        name: the file's stem.
        path: POSIX path of the file relative to the root; empty where it was asked for without one.
        module: the module's name.
        version: an exact SemVer or a range (npm's syntax).
        profile: ``serve``, ``train`` or ``develop``.
        inputs: values for the topology's inputs.
        accelerator: None when the topology alone says it.
        placement: bounds.
        lifetime_s: seconds until it may be ended; None for ever.
        owner: forge handle.
        data: the file as parsed.
        access: who may call what it serves; None for whoever reaches it.
    """

    name: str
    path: str
    module: str
    version: str
    profile: str
    inputs: Mapping[str, Any]
    accelerator: AcceleratorRequest | None
    placement: Placement
    lifetime_s: int | None
    owner: str
    data: Mapping[str, Any] = field(repr=False)
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class Cloud:
    """A place where modules may run; what differs by kind stays in `data`.

    Attributes:
        name: the file's stem.
        path: POSIX path of the file relative to the root.
        kind: a word that an installed kind of cloud answers to; see `deepcat.clouds.kind`.
        data: the file as parsed.
    """

    name: str
    path: str
    kind: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Collection:
    """Modules that somebody put together, with a reason.

    Attributes:
        name: the file's stem.
        path: POSIX path of the file relative to the root.
        title: one line.
        description: Markdown; may be empty.
        modules: names, in the order in which they are shown.
        compare: whether they are shown side by side, too.
    """

    name: str
    path: str
    title: str
    description: str
    modules: tuple[str, ...]
    compare: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data that modules are trained with.

    Attributes:
        name: the file's stem; empty for an address that a wish or a module names by itself.
        path: POSIX path of the file relative to the root.
        address: where it lies.
        manifest: its files; none where it is mounted, and nobody says which.
        bytes: of all files together.
        data: the file as parsed.
    """

    name: str
    path: str
    address: str
    manifest: Manifest = field(repr=False)
    bytes: int
    data: Mapping[str, Any] = field(repr=False)

    @property
    def digest(self) -> str:
        """The hash that names its content; of what is mounted, all that is known before."""
        if not self.is_mounted:
            return self.manifest.digest
        known = [self.address, self.store, self.manifest.text]
        return hashlib.sha256(f"mounted {json.dumps(known, sort_keys=True)}".encode()).hexdigest()

    @property
    def is_mounted(self) -> bool:
        """Whether it is mounted while a training runs, and held against no checksum."""
        return self.data.get("how") == MOUNT

    @property
    def mounted_by(self) -> str:
        """The word for what mounts it, as a kind of cloud takes it; empty where it is staged."""
        return mounted_by(address_of(self.address)) if self.is_mounted else ""

    @property
    def store(self) -> dict[str, str]:
        """What it says of its store besides its address."""
        return {name: str(self.data[name]) for name in STORE if self.data.get(name)}


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything read from one tree; a part with errors is left out and has its findings.

    Attributes:
        modules: by name.
        clouds: by name.
        deployments: by name.
        findings: sorted by place, then code.
        digests: `Module.digest` of each module by name, known without reading the module.
        findings_fingerprint: changes whenever a finding does.
        collections: by name.
        datasets: by name.
        reads: module's name -> the data sets that it is trained with, known without reading it;
            empty where the catalog has no data set.
        bases: module's name -> the module that it says it was made from, known without reading it.
    """

    modules: Mapping[str, Module]
    clouds: Mapping[str, Cloud]
    deployments: Mapping[str, Deployment]
    findings: Sequence[Finding]
    digests: Mapping[str, str] = field(default_factory=dict)
    findings_fingerprint: str = ""
    collections: Mapping[str, Collection] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
