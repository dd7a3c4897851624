"""A model server's life on a host: started, proved by its samples, exchanged, ended.

Law of this room: `rollout` decides, pure; what runs is not touched before the new one has proved
itself.
"""
