"""The files of modules: of each its page, its documents for machines, its pictures.

Law of this room: what a module shows depends on its own folder, on the records of its deployments
and on the page's frame, and on no other module; so a change of one makes the files of one.
"""
