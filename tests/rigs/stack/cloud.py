"""A whole cloud: the services, the guests, and a project of somebody who is no administrator."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sshd import make_key

from stack.guests import Guests
from stack.services import Services
from stack.settings import PASSWORD, url

USER = PROJECT = "ada"
NETWORK, OUTSIDE, IMAGE = "models", "outside", "debian"
SMALL, CARD = "small", "card"


@dataclass
class Stack:
    """One cloud; needs root, for guests are hosts of their own.

    Args:
        folder: an empty folder of its own; its path must be short, for sockets lie there.
    """

    folder: Path
    services: Services = field(init=False)
    guests: Guests = field(init=False)
    credential: dict[str, str] = field(init=False, default_factory=dict)

    def begin(self) -> None:
        """Start all, and make the project."""
        for name in ("services", "guests"):
            (self.folder / name).mkdir()
        self.services = Services(self.folder / "services")
        self.guests = Guests(self.services.guests, self.folder / "guests")
        make_key(self.key)
        self.guests.begin()
        self.services.begin()
        self._project()

    def end(self) -> None:
        """End all, and leave nothing."""
        if hasattr(self, "guests"):
            self.guests.end()
        if hasattr(self, "services"):
            self.services.end()

    @property
    def key(self) -> Path:
        """The private key that lets in to guests."""
        return self.folder / "id"

    def admin(self) -> Any:
        """A connection that may do all."""
        return self.services.connect()

    def ours(self) -> Any:
        """A connection of the project's user."""
        return self.services.connect(USER, PROJECT)

    def section(self, **more: Any) -> dict[str, Any]:
        """What a cloud's file says of it; the secret is that of `environment`."""
        return {
            "login": {
                "address": f"{url(self.services.ports, 'keystone')}/v3",
                "id": self.credential["id"], "secret": "env:STACK_SECRET",
            },
            "image": {"name": IMAGE}, "network": NETWORK, "sources": ["0.0.0.0/0"],
            "public_key": self.key.with_suffix(".pub").read_text().strip(),
            "identity": str(self.key), "wait": 240, **more,
        }  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """The environment of who uses it."""
        return {**os.environ, "STACK_SECRET": self.credential["secret"]}

    def left(self) -> dict[str, list[str]]:
        """What the project has by the cloud's own listing, but for what it had at first."""
        cloud = self.ours()
        project = cloud.current_project_id
        network = cloud.network
        return {
            "servers": [each.name for each in cloud.compute.servers()],
            "ports": [
                each.name
                for each in network.ports(project_id=project)
                if not each.device_owner.startswith("network:")
            ],
            "addresses": [each.id for each in network.ips(project_id=project)],
            "groups": [
                each.name
                for each in network.security_groups(project_id=project)
                if each.name != "default"
            ],
            "volumes": [each.name for each in cloud.block_storage.volumes()],
            "server groups": [each.name for each in cloud.compute.server_groups()],
        }

    def _project(self) -> None:
        admin = self.admin()
        identity, compute, network = admin.identity, admin.compute, admin.network
        project = identity.create_project(name=PROJECT, domain_id="default")
        user = identity.create_user(name=USER, password=PASSWORD, domain_id="default")
        identity.assign_project_role_to_user(project, user, identity.find_role("member"))
        compute.create_flavor(name=SMALL, vcpus=2, ram=4096, disk=20)
        card = compute.create_flavor(name=CARD, vcpus=8, ram=32_768, disk=20)
        compute.create_flavor_extra_specs(card, {"pci_passthrough:alias": "a100:1"})
        admin.image.create_image(
            name=IMAGE, data=b"\0" * 1024, disk_format="raw", container_format="bare",
            visibility="public", os_distro="debian",
        )  # fmt: skip
        outside = network.create_network(
            name=OUTSIDE, is_router_external=True, provider_network_type="flat",
            provider_physical_network="outside",
        )  # fmt: skip
        # One address is the router's, and one is left.
        network.create_subnet(
            network_id=outside.id, ip_version=4, cidr="198.51.100.0/29",
            allocation_pools=[{"start": "198.51.100.2", "end": "198.51.100.3"}],
        )  # fmt: skip
        own = network.create_network(name=NETWORK, project_id=project.id)
        net = self.guests.net
        subnet = network.create_subnet(
            network_id=own.id, ip_version=4, cidr=f"{net}.0/24", gateway_ip=f"{net}.1",
            project_id=project.id,
        )  # fmt: skip
        router = network.create_router(external_gateway_info={"network_id": outside.id})
        network.add_interface_to_router(router, subnet=subnet.id)
        ours = self.ours()
        made = ours.identity.create_application_credential(
            ours.current_user_id, "deepcat", roles=[{"name": "member"}]
        )
        self.credential = {"id": made.id, "secret": made.secret}
