"""Takes one step of `deepcat.host.steps` with the host's own deepcat."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Ansible's entry."""
    module = AnsibleModule({"values": {"type": "dict", "required": True}})
    try:
        from deepcat.host.steps import take
    except ImportError as error:
        module.fail_json(
            f"the host has no deepcat: {error}",
            deepcat_failure={
                "kind": "cloud",
                "code": "run/host",
                "message": f"the host has no deepcat: {error}",
                "hint": "install it there: pip install 'deepcat[local]'",
            },
        )
    module.exit_json(**take(module.params["values"]))


if __name__ == "__main__":
    main()
