"""Reading: a template and all that it imports, as documents and type definitions.

Law of this room: nothing outside the module's folder and the vendored libraries is opened, and
nothing is evaluated.
"""
