"""A catalog's own rules as data: `policies/*.yaml` in CEL, `policies/*.rego` in conftest's form.

Law of this room: `read` and `values` are pure; `evaluate` starts `worker`, which alone imports
the libraries, in a box, with nothing of ours in its environment. What cannot be evaluated passes
nothing.
"""
