"""What happens on a host: fetch a model, serve it, prove it, take it down.

Law of this room: it runs on the host itself, inside Ansible, and needs nothing of a catalog but the
values it is given: it imports the standard library and itself, so that it can travel. `supervisor`
alone starts processes and opens sockets.
"""
