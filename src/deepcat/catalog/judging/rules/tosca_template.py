"""The topology is a TOSCA template that can be read and planned.

Why:
    A template with an unknown type, a wrong property or an unmet requirement cannot be turned into
    plays. TOSCA Simple Profile 1.0 to 1.3 is read; imports reach the module's own folder and
    deepcat's type library, and nothing else.
Mend:
    Each finding names its place and what is known there. `deepcat topology MODULE` shows what was
    understood.
Bad:
    node_templates:
      server:
        type: deepcat.nodes.ModelServr
Good:
    node_templates:
      server:
        type: deepcat.nodes.ModelServer
"""

from deepcat.catalog.judging.rule import outside_rule

outside_rule(__doc__, "tosca/template")
