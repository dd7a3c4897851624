"""TOSCA in: a template in the catalog becomes a topology, in one normal form.

Law of this room: nothing in a template can open a file outside the module's folder, or a socket.
tosca-parser is reached only through the safe front end here.
"""
