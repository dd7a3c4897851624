"""TOSCA in: a template in the catalog becomes a topology, in one normal form.

Law of this room: nothing in a template can open a file outside the module's folder, or a socket. A
template is read through the given `Tree` alone, its imports reach the module's own folder and the
vendored library (`types/`), and what is wrong comes back as findings with their places.

The steps, each a file: `source` (documents and imports; `csar` for archives, `wary` for suspicious
text), `registry` (types with what they inherit), `inputs`, `nodes` (drafts), `substitution`,
`links` (requirements), `functions` with `lookup` and `values` (evaluated, checked), `policies`,
`load` (the order of all this). `workloads` brings a topology to what must run; `draw`, `layout` and
`normal` show it.

Two readers, one answer. The front end here decides, without tosca-parser: that would cost a
quarter of a second to import, opens files and addresses by itself, and refuses what TOSCA allows.
The facts of its normative types are in `types/normative.yaml`, and a test holds the two together.
Then `check`, once for each content, has tosca-parser validate what was understood, written as a
template of its own (`template`, `opinion`): an objection fails the check. What it is too strict
about is gone round by named rules, each with its test: in `values` and `links` for templates as
people write them, in `template` for what the parser is given.
"""
