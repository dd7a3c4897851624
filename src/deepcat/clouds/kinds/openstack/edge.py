"""EDGE of the kind: one project of an OpenStack, by openstacksdk.

What it is asked and what it answers is plain data; what is refused is a `StepError`, with the
cloud's own words.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack import account
from deepcat.clouds.kinds.openstack.asked import GONE, RefusedError, asked, gone
from deepcat.clouds.kinds.openstack.refused import refused
from deepcat.clouds.kinds.openstack.server_groups import ServerGroups
from deepcat.clouds.kinds.openstack.volumes import Volumes
from deepcat.extras import needed
from deepcat.host.failure import StepError

Object = dict[str, Any]
_CONSOLE_LINES = 2_000
_SERVICES = ("compute", "network", "image")
_STORAGE = "block-storage"
# What there is of ours besides servers, in the order that it can be taken away in.
ADDRESSES: Final = "floating addresses"
PORTS: Final = "ports"
GROUPS: Final = "security groups"
VOLUMES: Final = "volumes"
KINDS: Final = (ADDRESSES, PORTS, GROUPS, VOLUMES)


class Project:
    """One project.

    Args:
        cloud: its file.
        means: what may be used.

    Raises:
        DeepcatError: who calls is not known (``secret/…``, ``run/login``), nor where
            (``run/openstack``), or the client library is not installed (``extra/missing``).
        StepError: the cloud does not let us in, or does not answer.
    """

    def __init__(self, cloud: Cloud, means: Means) -> None:
        self.own: Mapping[str, Any] = account.section(cloud)
        login = self.own["login"]
        text = means.secret(str(login["clouds"])) if login.get("clouds") else ""
        hidden = str(login.get("secret") or login.get("token") or "")
        told = account.config(login, text, means.secret(hidden) if hidden else "")
        with needed():
            import openstack

        for name in ("keystoneauth", "openstack"):  # what they warn of is told as a refusal
            logging.getLogger(name).addHandler(logging.NullHandler())
        with asked():
            self._cloud = openstack.connect(
                load_yaml_config=False, load_envvars=False, app_name="deepcat",
                api_timeout=means.deadline_s, **told,
            )  # fmt: skip
            self.id = str(self._cloud.current_project_id or "")
            for each in _SERVICES:
                address = getattr(self._cloud, each).get_endpoint()
                if not address:
                    raise refused(0, f"its catalog has no endpoint for `{each}`")
                account.require_safe(str(address))
            stored = self._cloud.config.get_session_endpoint(_STORAGE)
        if stored:
            account.require_safe(str(stored))
        needs = next((word for word in ("disk", "volume") if self.own.get(word)), "")
        if needs and not stored:
            raise refused(0, f"its catalog has no endpoint for `{_STORAGE}`, which `{needs}` needs")
        self.store = Volumes(self._cloud.block_storage) if stored else None
        self._needs_volumes = bool(needs)
        self.server_groups = ServerGroups(self._cloud.compute)

    def close(self) -> None:
        """Let go of all connections."""
        self._cloud.close()

    def flavours(self) -> list[Object]:
        """All that our account may use.

        Raises:
            StepError: the cloud does not tell; so of all that follow.
        """
        with asked():
            found = list(self._cloud.compute.flavors(details=True, get_extra_specs=True))
        names = ("id", "name", "vcpus", "ram", "disk", "extra_specs")
        return [{name: getattr(each, name) for name in names} for each in found]

    def limits(self) -> Object:
        """``instances``, ``cores`` and ``ram``: of each the most and what is used; -1: no bound."""
        with asked():
            told = self._cloud.compute.get_limits().absolute
        return {
            "instances": (told.instances, told.instances_used),
            "cores": (told.total_cores, told.total_cores_used),
            "ram": (told.total_ram, told.total_ram_used),
        }

    def image(self) -> str:
        """The id of the newest image that the cloud's file means.

        Raises:
            StepError: none fits (``run/image``), or the cloud does not tell.
        """
        wanted = self.own["image"]
        name, has = str(wanted.get("name") or ""), dict(wanted.get("properties") or {})
        with asked():
            if name:
                found = [
                    each
                    for query in ({"name": name}, {"id": name})
                    for each in self._cloud.image.images(status="active", **query)
                ]
            else:
                found = list(self._cloud.image.images(status="active", **has)) if has else []
        if not found:
            words = f"called `{name}`" if name else f"with {has}"
            hint = "name another image in the cloud's file"
            raise StepError("cloud", "run/image", f"there is no active image {words}", hint)
        return str(max(found, key=lambda each: str(each.created_at)).id)

    def network(self, name: str) -> str:
        """The id of a network by its name or id.

        Raises:
            StepError: there is none (``run/network``), or the cloud does not tell.
        """
        with asked():
            found = self._cloud.network.find_network(name)
        if found is None:
            hint = "name another network in the cloud's file"
            raise StepError("cloud", "run/network", f"there is no network `{name}`", hint)
        return str(found.id)

    def servers(self, tag: str, name: str = "") -> list[Object]:
        """All that bear a tag, by one list; or those of them that have a certain name."""
        with asked():
            # By a part of a name the service chooses, and for an expression it takes that.
            found = list(self._cloud.compute.servers(details=True, tags=tag))
        return [_server(each) for each in found if not name or each.name == name]

    def server(self, id_: str) -> Object | None:
        """One server as it is now; None when it is gone."""
        try:
            with asked():
                return _server(self._cloud.compute.get_server(id_))
        except RefusedError as error:
            if error.status != GONE:
                raise
            return None

    def create_server(
        self, name: str, flavour: str, image: str, port: str, metadata: Mapping[str, str],
        tags: Sequence[str], user_data: str, *, disk: str = "", volume: str = "", keypair: str = "",
        group: str = "",
    ) -> str:  # fmt: skip
        """Begin a server; gives its id.

        Args:
            name: its own.
            flavour: by its id.
            image: by its id.
            port: by its id.
            metadata: that it bears.
            tags: that it bears.
            user_data: for its first boot.
            disk: id of a volume with the image on it; empty for the flavour's own disk.
            volume: id of one for data, which stays when the server goes; empty for none.
            keypair: by which the image's own user is let in; empty for none.
            group: of servers that it is one of, by its id; empty for none.
        """
        more: Object = {"key_name": keypair} if keypair else {}
        disks = [_disk(disk, 0)] if disk else []
        if volume:
            disks = [*(disks or [_local(image)]), _disk(volume, -1)]
        if disks:
            more["block_device_mapping"] = disks
        if not disk:
            more["image_id"] = image
        if group:
            more["scheduler_hints"] = {"group": group}
        with asked():
            made = self._cloud.compute.create_server(
                name=name, flavor_id=flavour, networks=[{"port": port}],
                metadata=dict(metadata), tags=list(tags), **more,
                user_data=base64.b64encode(user_data.encode()).decode(),
            )  # fmt: skip
        return str(made.id)

    def note(self, id_: str, **metadata: str) -> None:
        """Write to a server's metadata, beside what is there."""
        with asked():
            self._cloud.compute.set_server_metadata(id_, **metadata)

    def console(self, id_: str) -> str:
        """What a server has written to its console."""
        with asked():
            told = self._cloud.compute.get_server_console_output(id_, length=_CONSOLE_LINES)
        return str((told or {}).get("output") or "")

    def wake(self, id_: str, status: str) -> None:
        """Let a server that was stopped or put away go on."""
        compute = self._cloud.compute
        ways: Mapping[str, Callable[[str], Any]] = {
            "SHUTOFF": compute.start_server,
            "SHELVED": compute.unshelve_server,
            "SHELVED_OFFLOADED": compute.unshelve_server,
            "PAUSED": compute.unpause_server,
            "SUSPENDED": compute.resume_server,
        }
        with asked():
            ways[status](id_)

    def shelve(self, id_: str) -> None:
        """Begin to put a server aside."""
        with asked():
            self._cloud.compute.shelve_server(id_)

    def delete_server(self, id_: str) -> None:
        """Begin to take a server away; it may be gone already."""
        with gone(), asked():
            self._cloud.compute.delete_server(id_, ignore_missing=True)

    def create_group(
        self, name: str, description: str, tags: Sequence[str], sources: Iterable[str]
    ) -> str:
        """A security group that lets ssh in from some addresses, and all out; gives its id."""
        network = self._cloud.network
        with asked():
            made = network.create_security_group(name=name, description=description)
            for each in sources:
                network.create_security_group_rule(
                    security_group_id=made.id, direction="ingress", protocol="tcp",
                    port_range_min=22, port_range_max=22, remote_ip_prefix=each,
                    ethertype="IPv6" if ":" in each else "IPv4",
                )  # fmt: skip
            network.set_tags(made, list(tags))
        return str(made.id)

    def create_port(
        self, name: str, description: str, tags: Sequence[str], network: str, group: str
    ) -> str:
        """A port with an address of a network; gives its id."""
        with asked():
            made = self._cloud.network.create_port(
                name=name, description=description, network_id=network, security_groups=[group]
            )
            self._cloud.network.set_tags(made, list(tags))
        return str(made.id)

    def create_address(self, description: str, tags: Sequence[str], network: str, port: str) -> str:
        """A floating address that leads to a port; gives the address."""
        with asked():
            made = self._cloud.network.create_ip(
                floating_network_id=network, port_id=port, description=description
            )
            self._cloud.network.set_tags(made, list(tags))
        return str(made.floating_ip_address)

    def attached(self, kind: str) -> list[Object]:
        """All that the project has of a kind of `KINDS`: ``id``, ``description``, ``address``.

        Of volumes, all that `Volumes.all` tells.
        """
        if kind == VOLUMES:
            return self._volumes()
        network = self._cloud.network
        ways: Mapping[str, Callable[..., Iterable[Any]]] = {
            ADDRESSES: network.ips,
            PORTS: network.ports,
            GROUPS: network.security_groups,
        }
        with asked():
            found = list(ways[kind](project_id=self.id))
        return [
            {
                "id": str(each.id),
                "description": str(each.description or ""),
                "address": str(getattr(each, "floating_ip_address", None) or ""),
            }
            for each in found
        ]

    def _volumes(self) -> list[Object]:
        """All that the project has; none where the store fails and no volume is asked of it."""
        if self.store is None:
            return []
        try:
            return self.store.all()
        except RefusedError:
            if self._needs_volumes:
                raise
            return []

    def delete_attached(self, kind: str, id_: str) -> None:
        """Take something of a kind away; it may be gone already."""
        if kind == VOLUMES and self.store is not None:
            self.store.delete(id_)
            return
        network = self._cloud.network
        ways: Mapping[str, Callable[..., Any]] = {
            ADDRESSES: network.delete_ip,
            PORTS: network.delete_port,
            GROUPS: network.delete_security_group,
        }
        with gone(), asked():
            ways[kind](id_, ignore_missing=True)


def _server(each: Any) -> Object:
    """A server as plain data; ``addresses`` has fixed ones first, each with its type."""
    listed = [one for own in (each.addresses or {}).values() for one in own]
    fault = each.fault if isinstance(each.fault, Mapping) else {}
    return {
        "id": str(each.id),
        "name": str(each.name),
        "status": str(each.status),
        "metadata": dict(each.metadata or {}),
        "updated": str(each.updated_at or ""),
        "fault": str(fault.get("message") or ""),
        "addresses": [
            (str(one.get("OS-EXT-IPS:type") or "fixed"), str(one.get("addr") or ""))
            for one in listed
        ],
    }


def _disk(volume: str, index: int) -> Object:
    return {
        "uuid": volume, "boot_index": index, "source_type": "volume",
        "destination_type": "volume", "delete_on_termination": False,
    }  # fmt: skip


def _local(image: str) -> Object:
    """The disk that a flavour gives, which has to be named once others are."""
    return {
        "uuid": image, "boot_index": 0, "source_type": "image",
        "destination_type": "local", "delete_on_termination": True,
    }  # fmt: skip
