"""The kind `openstack`: each deployment has a server of its own, and runs there as on any host."""
