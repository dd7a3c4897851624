"""EDGE: which files a set has by the interface of what keeps it: a hub, InvenioRDM, Dataverse.

A DOI is asked for what DataCite knows of it: addresses of its files, or else the page that it leads
to, by whose form the depository's interface is known. What they answer is a stranger's.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from deepcat.foreign import read_json
from deepcat.host.data import web
from deepcat.host.data.address import DOI, HUB, INVENIO, Address
from deepcat.host.data.manifest import Piece, made_of
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError

RESOLVER = "https://doi.org"
_DATACITE = "application/vnd.datacite.datacite+json"
_MOST = 16 << 20
_RECORD = re.compile(r"/records?/([A-Za-z0-9-]{1,40})/?\Z")
_HUB = re.compile(r"(.+)/datasets/([^/]+/[^/]+)/resolve/([0-9a-f]{40})\Z")
_INVENIO = re.compile(r"(.+)/records/([0-9]+)/files\Z")


def is_listed(where: Address) -> bool:
    """Whether the files of a set can be asked for: the address is no single file's."""
    forms = {HUB: _HUB, INVENIO: _INVENIO}
    return where.kind == DOI or (
        where.store in forms and bool(forms[where.store].match(where.base))
    )


def files(where: Address, resolver: str, allowed: Allowed) -> dict[str, str]:
    """Path -> address of the web, of each file of a set.

    Args:
        where: for which `is_listed` holds.
        resolver: who says where a DOI leads; empty for doi.org.
        allowed: whom to ask.

    Raises:
        StepError: nobody names any (``data/source``), or what is named is none (``data/…``).
    """
    if where.kind == DOI:
        found = _of_doi(where.remote, resolver.rstrip("/") or RESOLVER, allowed)
    elif where.store == HUB:
        found = _of_hub(where, allowed)
    else:
        base, record = _parts(_INVENIO, where.base)
        names = _invenio(base, record, allowed)
        found = {name: where.url(name, is_whole=False) for name in names}
    made_of([Piece(path, "0" * 64) for path in found])  # names of strangers
    return found


def letting_in(url: str, where: Address, data: Mapping[str, Any], secret: str) -> Mapping[str, str]:
    """What lets us in to a file of the web, where its server may be told it.

    Args:
        url: of the file.
        where: the address of the data; where a DOI leads others have said.
        data: what is said of the data.
        secret: that lets us in; empty for none.

    Raises:
        StepError: a DOI leads to a host that the data does not name (``data/host``).
    """
    if not secret:
        return {}
    if where.kind == DOI:
        scheme, own = _origin_of(url)
        if not own or scheme != "https" or own not in (data.get("hosts") or ()):
            message = (
                f"`doi:{where.remote}` leads to `{scheme}://{own}`, which may not be told its"
                " `credential`"
            )
            hint = "if that host is the right one, name it in the data set's `hosts`"
            raise StepError("module", "data/host", message, hint)
    return web.letting_in(secret)


def _origin_of(url: str) -> tuple[str, str]:
    """Scheme and host of an address, with its port where it is not 443; empty where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a stranger's
        return "", ""
    name = parts.hostname or ""
    return parts.scheme, f"{name}:{port}" if name and port not in (None, 443) else name


def _of_doi(doi: str, resolver: str, allowed: Allowed) -> dict[str, str]:
    told = _asked(f"{resolver}/{quote(doi)}", allowed, accept=_DATACITE)
    told = told if isinstance(told, Mapping) else {}
    content = told.get("contentUrl") or ()
    urls = [content] if isinstance(content, str) else content
    if isinstance(urls, list) and urls:
        named = {unquote(urlsplit(_text(each)).path.rpartition("/")[2]): each for each in urls}
        if len(named) == len(urls):
            return named
    page = urlsplit(_text(told.get("url") or ""))
    base = f"{page.scheme}://{page.netloc}"
    if own := parse_qs(page.query).get("persistentId"):
        return _dataverse(base, own[0], allowed)
    if record := _RECORD.search(page.path):
        names = _invenio(base, record[1], allowed)
        start = f"{base}/api/records/{record[1]}/files"
        return {name: f"{start}/{quote(name)}/content" for name in names}
    message = f"`doi:{doi}` leads to `{page.netloc[:100]}`, where nothing here asks for files"
    raise StepError("module", "data/source", message, "give the addresses of its files instead")


def _invenio(base: str, record: str, allowed: Allowed) -> list[str]:
    told = _asked(f"{base}/api/records/{record}/files", allowed)
    return [_text(each.get("key")) for each in _rows(told, "entries")]


def _dataverse(base: str, doi: str, allowed: Allowed) -> dict[str, str]:
    asked = f"versions/:latest-published/files?persistentId={quote(doi, safe='')}"
    told = _asked(f"{base}/api/datasets/:persistentId/{asked}", allowed)
    found = {}
    for each in _rows(told, "data"):
        own = each.get("dataFile")
        number = own.get("id") if isinstance(own, Mapping) else None
        if not isinstance(number, int):
            raise _unclear("a file without a number")
        folder = each.get("directoryLabel")
        path = "/".join(filter(None, (folder and _text(folder), _text(each.get("label")))))
        found[path] = f"{base}/api/access/datafile/{number}"
    return found


def _of_hub(where: Address, allowed: Allowed) -> dict[str, str]:
    base, name, commit = _parts(_HUB, where.base)
    told = _asked(f"{base}/api/datasets/{name}/revision/{commit}", allowed)
    names = [_text(each.get("rfilename")) for each in _rows(told, "siblings")]
    return {each: where.url(each, is_whole=False) for each in names}


def _parts(form: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = form.match(text)
    if found is None:
        raise _unclear("an address of another form")
    return found.groups()


def _asked(url: str, allowed: Allowed, accept: str = "application/json") -> Any:
    with tempfile.TemporaryDirectory(prefix="deepcat-data-") as name:
        target = Path(name, "answer")
        web.fetch(web.File(url, "", _MOST, {"Accept": accept}), target, allowed)
        try:
            return read_json(target.read_bytes(), _MOST)
        except ValueError as error:
            raise _unclear(f"{web.bare(url)}: {error!s:.200}") from None


def _rows(told: Any, key: str) -> Iterable[Mapping[str, Any]]:
    rows = told.get(key) if isinstance(told, Mapping) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _unclear(f"no list of `{key}`")
    return rows


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2000:
        raise _unclear("a name that is none")
    return value


def _unclear(what: str) -> StepError:
    message = f"the depository answers what nothing here understands: {what}"
    return StepError("module", "data/source", message, "give the addresses of its files instead")
