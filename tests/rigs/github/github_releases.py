"""Releases of the loopback GitHub, and the files that are attached to them."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from github_answers import Refusal

_DOWNLOAD = re.compile(r"/deep/catalog/releases/download/([^/]+)/([^/]+)")
_KEPT = re.compile(r"/kept/(\d+)")
STORAGE = "release-assets.githubusercontent.com"


@dataclass
class Files:
    """What the repository's releases hold.

    Attributes:
        releases: by their id.
        assets: by their id, each with `_release`.
        contents: of the assets.
        is_private: whether nobody reads without a log-in.
        immutable: whether releases take no more files once they are there.
        token: that lets in.
        violations: what GitHub, or where it keeps files, would not take.
    """

    releases: dict[int, dict[str, Any]] = field(default_factory=dict)
    assets: dict[int, dict[str, Any]] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)
    is_private: bool = False
    immutable: bool = False
    token: str = "secret-token"
    violations: list[str] = field(default_factory=list)

    def named(self) -> list[str]:
        """The names of the assets, sorted."""
        return sorted(each["name"] for each in self.assets.values())


class Releases:
    """Answers as GitHub's releases give them; each method as those of `Answers`."""

    contract: Any
    attached: Files
    # As clients name them.
    api: str
    uploads: str
    site: str
    storage: str
    _address: Callable[[str], str]
    _local: Callable[[Any], Any]
    _numbers: itertools.count[int]

    def _get_release(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        for each in self.attached.releases.values():
            if each["tag_name"] == values["tag"]:
                return 200, each
        raise KeyError

    def _post_release(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        tag = body["tag_name"]
        if any(each["tag_name"] == tag for each in self.attached.releases.values()):
            raise Refusal(422, "Validation Failed", [_exists("Release", "tag_name")])
        number = next(self._numbers)
        release = self._local(self.contract.example("release"))
        release |= {"id": number, "tag_name": tag, "assets": [], "draft": body.get("draft", False)}
        release |= {"name": body.get("name"), "body": body.get("body")}
        release |= {
            "immutable": self.attached.immutable,
            "url": self._address(f"releases/{number}"),
        }
        where = f"{self.uploads}/repos/deep/catalog/releases/{number}/assets"
        release["upload_url"] = where + "{?name,label}"
        self.attached.releases[number] = release
        return 201, release

    def _list_assets(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        release = self.attached.releases[int(values["release_id"])]["id"]
        found = [each for each in self.attached.assets.values() if each["_release"] == release]
        return 200, [_shown(each) for each in found]

    def _post_asset(
        self, values: Mapping[str, str], query: Mapping[str, str], content: Any
    ) -> tuple[int, Any]:
        release = self.attached.releases[int(values["release_id"])]
        if release["immutable"]:
            raise Refusal(422, "Cannot upload assets to an immutable release.")
        self._require_free(release["id"], query["name"])
        return 201, _shown(self.new_asset(release, query["name"], content or b""))

    def _get_asset(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        return 200, _shown(self.attached.assets[int(values["asset_id"])])

    def _patch_asset(self, values: Mapping[str, str], _: Any, body: Any) -> tuple[int, Any]:
        asset = self.attached.assets[int(values["asset_id"])]
        if body.get("name", asset["name"]) != asset["name"]:
            self._require_free(asset["_release"], body["name"])
        asset |= {key: value for key, value in body.items() if key in {"name", "label"}}
        asset["updated_at"] = _now()
        return 200, _shown(asset)

    def _delete_asset(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        del self.attached.assets[int(values["asset_id"])]
        return 204, None

    def _require_free(self, release: int, name: str) -> None:
        for each in self.attached.assets.values():
            if (each["_release"], each["name"]) == (release, name):
                raise Refusal(422, "Validation Failed", [_exists("ReleaseAsset", "name")])

    def new_asset(
        self, release: Mapping[str, Any], name: str, content: bytes, state: str = "uploaded"
    ) -> dict[str, Any]:
        """Keep a file; in the state `starter` it is one that was cut."""
        number = next(self._numbers)
        asset = self._local(self.contract.example("release-asset-response-for-successful-upload"))
        asset |= {"id": number, "name": name, "size": len(content), "state": state, "label": ""}
        asset |= {"created_at": _now(), "updated_at": _now(), "_release": release["id"]}
        asset["digest"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
        asset["browser_download_url"] = (
            f"{self.site}/deep/catalog/releases/download/{release['tag_name']}/{name}"
        )
        self.attached.assets[number] = asset
        self.attached.contents[number] = content
        return asset

    def page(
        self, path: str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes] | None:
        """What a browser is given; None for what is none of the website's and the storage's."""
        files = self.attached
        if found := _KEPT.fullmatch(path):
            if headers.get("Authorization"):
                files.violations.append("the storage lets in by the address alone")
                return 400, {}, b"Only one auth mechanism allowed"
            return 200, {}, files.contents[int(found[1])]
        if not (found := _DOWNLOAD.fullmatch(path)):
            return None
        if headers.get("Authorization"):
            files.violations.append("a download has a log-in, which hosts have not")
        for number, each in files.assets.items():
            tag = files.releases[each["_release"]]["tag_name"]
            is_there = each["state"] == "uploaded" and not files.is_private
            if is_there and (tag, each["name"]) == (found[1], found[2]):
                return 302, {"Location": f"{self.storage}/kept/{number}"}, b""
        return 404, {}, b"Not Found"


def _exists(resource: str, name: str) -> dict[str, str]:
    return {"resource": resource, "code": "already_exists", "field": name}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shown(asset: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in asset.items() if not key.startswith("_")}
