"""Writing: the normal form as JSON, and as one TOSCA template without imports.

Law of this room: pure; what is written can be read again by other tools of the field.
"""
