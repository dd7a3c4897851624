"""The list of an image's parts as CycloneDX has it. Pure: the same image has the same list."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from deepcat.extras import needed
from deepcat.foreign import read_json
from deepcat.runtime.image import ARCHITECTURES, Whole
from deepcat.runtime.parts import Part

if TYPE_CHECKING:
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

MEDIA_TYPE = "application/vnd.cyclonedx+json"
_MOST = 64 * 2**20
_HASHED = "of what `sha256sum` prints of the package's files in the image, sorted by name"


def sbom(whole: Whole, digest: str, found: Sequence[Part]) -> bytes:
    """The list, as JSON.

    Args:
        whole: the image.
        digest: of its manifest.
        found: its parts.

    Raises:
        DeepcatError: the extra ``sbom`` is not installed (``extra/missing``).
    """
    with needed():
        from cyclonedx.model import HashAlgorithm, HashType, Property
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6

    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, digest))
    root = Component(
        type=ComponentType.CONTAINER,
        name=f"deepcat{whole.variant}",
        version=whole.version,
        bom_ref="image",
        purl=_purl("oci", f"deepcat{whole.variant}", digest, {"arch": _architecture(whole)}),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest.removeprefix("sha256:"))],
    )
    bom.metadata.component = root
    bom.metadata.properties.add(Property(name="deepcat:package-hash", value=_HASHED))
    components = [_component(each) for each in found]
    bom.components.update(components)
    bom.register_dependency(root, components)
    told = json.loads(JsonV1Dot6(bom).output_as_string())
    # When it was made would make two lists of one image.
    del told["metadata"]["timestamp"]
    return json.dumps(told, indent=1, sort_keys=True).encode() + b"\n"


def is_of(listed: bytes, digest: str) -> bool:
    """Whether a list, which others may have written, is of the image with that digest."""
    try:
        hashes = read_json(listed, _MOST)["metadata"]["component"]["hashes"]
        return any(f"sha256:{each['content']}" == digest for each in hashes)
    except (ValueError, TypeError, KeyError):
        return False


def _component(part: Part) -> Component:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component, ComponentType

    kind = ComponentType.FILE if not part.version else ComponentType.LIBRARY
    make = LicenseFactory().make_from_string
    return Component(
        type=ComponentType.PLATFORM if part.name == "cpython" else kind,
        name=part.name,
        version=part.version or None,
        bom_ref=f"{part.name}@{part.version}" if part.version else f"file:{part.name}",
        purl=_purl("pypi", part.name, part.version) if part.is_package else None,
        licenses=[make(part.licence)] if part.licence else (),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=part.sha256)],
        properties=[Property(name="deepcat:files", value=str(part.files))],
    )


def _purl(kind: str, name: str, version: str, more: dict[str, str] | None = None) -> PackageURL:
    from packageurl import PackageURL

    return PackageURL(kind, name=name, version=version, qualifiers=more)


def _architecture(whole: Whole) -> str:
    machine = whole.built.site.machine
    return ARCHITECTURES.get(machine, machine)
