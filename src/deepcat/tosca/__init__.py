"""TOSCA in: a template in the catalog becomes a topology, in one normal form.

Law of this room: nothing in a template can open a file outside the module's folder, or a socket. A
template is read through the given `Tree` alone, its imports reach the module's own folder and the
vendored library (`types/`), and what is wrong comes back as findings with their places.

The rooms: `reading/` (documents, imports, archives, types with what they inherit), `evaluating/`
(inputs, nodes, substitution, requirements, functions, policies), `workloads/` (what must run, from
what a topology says), `drawing/` (pictures) and `writing/` (the normal form, and a template again).
`load` is the order of the first two.

Two readers, one answer. The front end here decides, without tosca-parser: that would cost a
quarter of a second to import, opens files and addresses by itself, and refuses what TOSCA allows.
The facts of its normative types are in `types/normative.yaml`, and a test holds the two together.
Then `check`, once for each content, has tosca-parser validate what was understood, written as a
template of its own (`writing.template`, `tosca_parser`): an objection fails the check. What it is
too strict about is gone round by named rules, each with its test: in `evaluating.typed_values` and
`evaluating.links` for templates as people write them, in `writing.template` for what it is given.
"""
