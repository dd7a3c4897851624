"""What nova loads in place of a hypervisor.

A server that is made becomes a file in the folder `DEEPCAT_STACK_GUESTS`; whoever plays the guest
reads it, and writes the guest's console beside it. Of one that is shelved a file tells that its
disk is kept, which a real hypervisor's snapshot holds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from nova import exception
from nova.compute import task_states
from nova.virt import fake
from oslo_serialization import jsonutils

_SHELVES = (task_states.SHELVING, task_states.SHELVING_OFFLOADING)
VENDOR, PRODUCT, CARDS = "10de", "20b0", 4


def _guests() -> Path:
    return Path(os.environ["DEEPCAT_STACK_GUESTS"])


class Hypervisor(fake.FakeDriver):
    """A machine with four graphics cards, whose guests are files."""

    vcpus, memory_mb, local_gb = 64, 262_144, 4_096

    def get_available_resource(self, nodename):
        """As the compute service asks it, with the cards."""
        found = super().get_available_resource(nodename)
        cards = [
            {
                "address": f"0000:{0x81 + number:02x}:00.0", "vendor_id": VENDOR,
                "product_id": PRODUCT, "status": "available", "dev_type": "type-PCI",
                "parent_addr": None, "numa_node": 0, "label": f"label_{VENDOR}_{PRODUCT}",
            }
            for number in range(CARDS)
        ]  # fmt: skip
        found["pci_passthrough_devices"] = jsonutils.dumps(cards)
        return found

    def spawn(self, context, instance, *args, **kwargs):
        """Begin a guest, or fail as the file `refuses` in the guests' folder says."""
        refuses = _guests() / "refuses"
        if refuses.is_file():
            raise exception.InstanceDeployFailure(reason=refuses.read_text())
        super().spawn(context, instance, *args, **kwargs)
        network = kwargs.get("network_info") or (args[4] if len(args) > 4 else None) or ()
        addresses = [ip["address"] for vif in network for ip in vif.fixed_ips()]
        devices = kwargs.get("block_device_info") or (args[5] if len(args) > 5 else None) or {}
        disks = [each for each in devices.get("block_device_mapping") or () if each["boot_index"]]
        told = {
            "user_data": instance.user_data, "addresses": addresses, "name": instance.hostname,
            "volumes": [each["connection_info"]["serial"] for each in disks],
        }  # fmt: skip
        path = _guests() / f"{instance.uuid}.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(told))
        new.replace(path)
        path.with_suffix(".kept").unlink(missing_ok=True)

    def destroy(self, context, instance, *args, **kwargs):
        """End a guest; what one has on its disk that is put aside, is kept."""
        if instance.task_state in _SHELVES:
            (_guests() / f"{instance.uuid}.kept").touch()
        (_guests() / f"{instance.uuid}.json").unlink(missing_ok=True)
        super().destroy(context, instance, *args, **kwargs)

    def get_console_output(self, context, instance):
        """What the guest has written to its console."""
        path = _guests() / f"{instance.uuid}.console"
        return path.read_bytes() if path.is_file() else b""
