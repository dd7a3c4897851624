"""Where a module's model is to be had, how large it is, and how to know it whole. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from deepcat.catalog.reading.served import FORMATS
from deepcat.catalog.values import Module
from deepcat_site.html.highlight import fill
from deepcat_site.views.forge import Forge
from deepcat_site.views.read import line, web

_FETCH = "curl --location --output 'NAME_0' 'URL_0'\n"
_CHECK = "echo 'SHA_0  NAME_0' | sha256sum --check"
_SERVE = """\
mkdir 'MODULE_0' && tar --extract --gzip --file 'NAME_0' --directory 'MODULE_0'
deepcat serve --model 'MODULE_0=MODULE_0'"""
_ARCHIVES = (".tar.gz", ".tgz")


@dataclass(frozen=True, slots=True)
class Download:
    """A model's archive.

    Attributes:
        name: of the file.
        path: in the repository; empty where it lies elsewhere.
        url: where it is to be had; empty where no such address is known.
        size: bytes; 0 where that is not known.
        sha256: 64 hexadecimal digits, or empty.
        fetch: code that fetches it, where it has an address, and says whether it came whole.
        serve: code that serves it on the reader's machine; empty for what is no model of ours.
    """

    name: str
    path: str
    url: str
    size: int
    sha256: str
    fetch: Markup
    serve: Markup


def download(module: Module, size: int, forge: Forge) -> Download | None:
    """A module's archive; None where it brings no model.

    Args:
        module: the module.
        size: bytes of the archive in its folder; 0 where it lies elsewhere.
        forge: where the repository is shown.
    """
    model = module.model
    if model is None or not (model.path or model.source):
        return None
    path = f"{module.path}/{line(model.path, 200)}" if model.path else ""
    url = forge.raw(path) if path else web(model.source)
    name = line((path or model.source).rstrip("/").rpartition("/")[2], 80)
    if not name or name.startswith("sha256:"):  # of a registry, which knows no names
        name = "model.tar.gz"
    words = {
        "NAME_0": quote(name, safe=".-_+ "),
        "URL_0": url.replace("'", "%27"),
        "SHA_0": model.sha256,
        "MODULE_0": module.name,
    }
    fetch = (_FETCH if url else "") + (_CHECK if model.sha256 else "")
    is_served = name.endswith(_ARCHIVES) and model.format in FORMATS
    return Download(
        name=name,
        path=path,
        url=url,
        size=size,
        sha256=line(model.sha256, 64),
        fetch=fill(fetch.strip(), "bash", words) if fetch else Markup(),
        serve=fill(_SERVE, "bash", words) if is_served else Markup(),
    )
