"""A real OpenStack at the loopback with a fake hypervisor, and hosts that stand for its guests."""
