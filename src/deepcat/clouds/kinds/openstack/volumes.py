"""EDGE of the kind: the volumes of a project, by openstacksdk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.clouds.kinds.openstack.asked import GONE, RefusedError, asked, gone

Object = dict[str, Any]
_MESSAGES, _OK = "3.3", 200


class Volumes:
    """Those of one project.

    Args:
        storage: the library's own way to the service.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def create(
        self,
        name: str,
        description: str,
        metadata: Mapping[str, str],
        wanted: Mapping[str, Any],
        image: str = "",
    ) -> str:
        """Begin a volume; gives its id.

        Args:
            name: its own.
            description: that it bears.
            metadata: that it bears.
            wanted: ``size`` in GB, and perhaps ``type``.
            image: by its id, of what is written on it; empty for nothing.

        Raises:
            StepError: the cloud refuses; so of all that follow.
        """
        more = {"volume_type": wanted["type"]} if wanted.get("type") else {}
        more |= {"image_id": image} if image else {}
        with asked():
            made = self._storage.create_volume(
                name=name, description=description, metadata=dict(metadata),
                size=wanted["size"], **more,
            )  # fmt: skip
        return str(made.id)

    def get(self, id_: str) -> Object | None:
        """A volume as `all` has it, and its ``fault`` in words; None when it is gone."""
        try:
            with asked():
                found = _volume(self._storage.get_volume(id_))
        except RefusedError as error:
            if error.status != GONE:
                raise
            return None
        is_bad = found["status"].startswith("error")
        return {**found, "fault": self._said(id_) if is_bad else ""}

    def _said(self, id_: str) -> str:
        """What the service says of a volume; empty where it says nothing.

        The library asks for messages by a version of the service that has none.
        """
        with asked():
            answer = self._storage.get("/messages", microversion=_MESSAGES)
        if answer.status_code != _OK:
            return ""
        told = answer.json().get("messages") or ()
        return " ".join(str(each["user_message"]) for each in told if each["resource_uuid"] == id_)

    def all(self) -> list[Object]:
        """All that the project has: ``id``, ``description``, ``metadata``, ``status``, ``size`` in
        GB, and ``servers`` that hold it, by id.
        """
        with asked():
            return [_volume(each) for each in self._storage.volumes()]

    def describe(self, id_: str, description: str, metadata: Mapping[str, str]) -> None:
        """Say anew whose a volume is; other metadata stays."""
        with asked():
            self._storage.update_volume(id_, description=description)
            self._storage.set_volume_metadata(id_, **metadata)

    def extend(self, id_: str, size: int) -> None:
        """Begin to make a volume larger that no server holds; in GB."""
        with asked():
            self._storage.extend_volume(id_, size)

    def delete(self, id_: str) -> None:
        """Begin to take a volume away; it may be gone already."""
        with gone(), asked():
            self._storage.delete_volume(id_, ignore_missing=True)


def _volume(each: Any) -> Object:
    return {
        "id": str(each.id),
        "description": str(each.description or ""),
        "metadata": dict(each.metadata or {}),
        "status": str(each.status),
        "size": int(each.size or 0),
        "servers": [str(one.get("server_id") or "") for one in each.attachments or ()],
        "address": "",
    }
