"""What neutron loads in place of a switch. It imports nothing of nova's, whose options differ."""

from __future__ import annotations

from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class Binding(api.MechanismDriver):
    """Binds each port on each host at once: there is no agent."""

    def initialize(self):
        """Nothing is to be prepared."""

    def bind_port(self, context):
        """The first segment does."""
        segment = context.segments_to_bind[0]
        details = {portbindings.CAP_PORT_FILTER: False}
        context.set_binding(segment[api.ID], portbindings.VIF_TYPE_OVS, details, status="ACTIVE")
