"""The services' own settings. Pure: from ports and folders to the text of their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HOST, PASSWORD, REGION = "127.0.0.1", "secret", "RegionOne"
DATABASES = (
    "cinder", "glance", "keystone", "neutron", "nova", "nova_api", "nova_cell0", "placement",
)  # fmt: skip
# What listens, by the name of its port.
PORTS = (
    "database", "queue", "nodes", "names", "keystone", "placement", "glance", "nova", "neutron",
    "cinder",
)  # fmt: skip
# Service -> its type in the catalog, and the path of its endpoint.
SERVICES: Mapping[str, tuple[str, str]] = {
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "nova": ("compute", "/v2.1"),
    "neutron": ("network", ""),
    "cinder": ("block-storage", "/v3"),
}
Sections = dict[str, dict[str, str]]


def url(ports: Mapping[str, int], service: str) -> str:
    """Where a service listens."""
    return f"http://{HOST}:{ports[service]}"


def database(ports: Mapping[str, int], name: str) -> str:
    """How a service finds its database."""
    return f"mysql+pymysql://stack:{PASSWORD}@{HOST}:{ports['database']}/{name}?charset=utf8"


def files(ports: Mapping[str, int], folder: Path, packages: Path) -> dict[str, str]:
    """Path below the folder of settings -> its text.

    Args:
        ports: name -> number.
        folder: for all that the services keep.
        packages: the folder `etc` of the environment that they are installed in.
    """
    made = {
        "keystone/keystone.conf": _keystone(ports, folder),
        "placement/placement.conf": _placement(ports),
        "glance/glance-api.conf": _glance(ports, folder),
        "nova/nova.conf": _nova(ports, folder),
        "neutron/neutron.conf": _neutron(ports, folder),
        "cinder/cinder.conf": _cinder(ports, folder),
    }
    texts = {path: _text(sections) for path, sections in made.items()}
    pastes = {
        "glance/glance-api-paste.ini": "glance/glance-api-paste.ini",
        "nova/api-paste.ini": "nova/api-paste.ini",
        "neutron/api-paste.ini": "neutron/api-paste.ini",
        "cinder/api-paste.ini": "cinder/api-paste.ini",
    }
    return texts | {to: (packages / each).read_text() for to, each in pastes.items()}


def _text(sections: Sections) -> str:
    lines = []
    for name, values in sections.items():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in values.items()), ""]
    return "\n".join(lines)


def _queue(ports: Mapping[str, int]) -> str:
    return f"rabbit://guest:guest@{HOST}:{ports['queue']}/"


def _login(ports: Mapping[str, int], user: str) -> dict[str, str]:
    return {
        "auth_url": f"{url(ports, 'keystone')}/v3", "auth_type": "password",
        "project_domain_name": "Default", "user_domain_name": "Default",
        "project_name": "service", "username": user, "password": PASSWORD,
        "region_name": REGION,
    }  # fmt: skip


def _tokens(ports: Mapping[str, int], user: str) -> Sections:
    own = {
        "www_authenticate_uri": f"{url(ports, 'keystone')}/v3",
        "service_token_roles_required": "true",
    }
    return {"keystone_authtoken": {**own, **_login(ports, user)}}


def _keystone(ports: Mapping[str, int], folder: Path) -> Sections:
    kept = folder / "settings" / "keystone"
    return {
        "DEFAULT": {"log_file": str(folder / "log" / "keystone-application.log")},
        "database": {"connection": database(ports, "keystone")},
        "fernet_tokens": {"key_repository": str(kept / "fernet")},
        "credential": {"key_repository": str(kept / "credential")},
        "token": {"provider": "fernet"},
        # Each command logs in anew; the hash of a real cloud takes a quarter of a second for it.
        "identity": {"password_hash_rounds": "4"},
        "federation": {"remote_id_attribute": "OIDC_ISS"},
    }


def _placement(ports: Mapping[str, int]) -> Sections:
    return {
        "api": {"auth_strategy": "keystone"},
        "placement_database": {"connection": database(ports, "placement")},
        **_tokens(ports, "placement"),
    }


def _glance(ports: Mapping[str, int], folder: Path) -> Sections:
    return {
        "DEFAULT": {"enabled_backends": "files:file"},
        "glance_store": {"default_backend": "files"},
        "files": {"filesystem_store_datadir": str(folder / "images")},
        "database": {"connection": database(ports, "glance")},
        "paste_deploy": {"flavor": "keystone"},
        **_tokens(ports, "glance"),
    }


def _nova(ports: Mapping[str, int], folder: Path) -> Sections:
    groups = "ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter"
    filters = f"ComputeFilter,ImagePropertiesFilter,PciPassthroughFilter,{groups}"
    card = '"vendor_id": "10de", "product_id": "20b0"'
    return {
        "DEFAULT": {
            "transport_url": _queue(ports), "compute_driver": "deepcat_stack.Hypervisor",
            "state_path": str(folder / "state"), "enabled_apis": "osapi_compute",
            "my_ip": HOST, "host": "node-0", "sync_power_state_interval": "-1",
        },
        "api": {"auth_strategy": "keystone"},
        "api_database": {"connection": database(ports, "nova_api")},
        "database": {"connection": database(ports, "nova")},
        "glance": {"api_servers": url(ports, "glance")},
        "placement": _login(ports, "placement"),
        "neutron": {**_login(ports, "neutron"), "endpoint_override": url(ports, "neutron")},
        "cinder": {**_login(ports, "cinder"), "catalog_info": "block-storage::publicURL"},
        "service_user": {"send_service_user_token": "true", **_login(ports, "nova")},
        "conductor": {"workers": "1"},
        "scheduler": {"workers": "1"},
        "filter_scheduler": {"enabled_filters": filters},
        "pci": {
            "alias": f'{{{card}, "device_type": "type-PCI", "name": "a100"}}',
            "device_spec": f"{{{card}}}", "report_in_placement": "false",
        },
        "vnc": {"enabled": "false"},
        "oslo_messaging_notifications": {"driver": "noop"},
        "oslo_concurrency": {"lock_path": str(folder / "lock")},
        **_tokens(ports, "nova"),
    }  # fmt: skip


def _neutron(ports: Mapping[str, int], folder: Path) -> Sections:
    return {
        "DEFAULT": {
            "core_plugin": "ml2", "service_plugins": "router", "transport_url": _queue(ports),
            "auth_strategy": "keystone", "state_path": str(folder / "state"), "api_workers": "0",
            "rpc_workers": "0", "rpc_state_report_workers": "0",
            "notify_nova_on_port_status_changes": "true",
            "notify_nova_on_port_data_changes": "true",
        },
        "database": {"connection": database(ports, "neutron")},
        "nova": _login(ports, "nova"),
        "ml2": {
            "type_drivers": "local,flat", "tenant_network_types": "local",
            "mechanism_drivers": "deepcat_stack", "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": "*"},
        "oslo_concurrency": {"lock_path": str(folder / "lock")},
        **_tokens(ports, "neutron"),
    }  # fmt: skip


def _cinder(ports: Mapping[str, int], folder: Path) -> Sections:
    return {
        "DEFAULT": {
            "transport_url": _queue(ports), "auth_strategy": "keystone", "my_ip": HOST,
            "state_path": str(folder / "state"), "enabled_backends": "fake", "host": "node-0",
            "glance_api_servers": url(ports, "glance"),
            "api_paste_config": str(folder / "settings" / "cinder" / "api-paste.ini"),
        },
        "fake": {
            "volume_driver": "deepcat_volumes.Volumes",
            "volume_backend_name": "fake",
        },
        "database": {"connection": database(ports, "cinder")},
        "service_user": {"send_service_user_token": "true", **_login(ports, "cinder")},
        "oslo_concurrency": {"lock_path": str(folder / "lock")},
        **_tokens(ports, "cinder"),
    }  # fmt: skip
