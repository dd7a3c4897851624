"""A deployment gives the inputs that the module's topology asks for, and no others.

Why:
    An input that the topology does not know has no effect, and one that is missing or of the wrong
    type stops the deployment.
Mend:
    `deepcat topology MODULE` lists the inputs with their types, defaults and bounds.
Bad:
    inputs:
      rest_prt: 8501
Good:
    inputs:
      rest_port: 8501
"""

from deepcat.catalog.judging.rule import outside_rule

outside_rule(__doc__, "deployment/inputs")
