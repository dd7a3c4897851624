"""Data of trainings on a host: what it consists of, where it is had, and the cache that holds it.

Whatever is fetched is named by the checksum of all its files before anybody asks for it; what lies
in the cache under that name has it, whole, or it does not lie there.
"""
