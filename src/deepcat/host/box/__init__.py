"""The box: a program of strangers runs with what a `Grant` names, and with nothing else.

Law of this room: `grant`, `seccomp` and `needs` decide, pure; `enter` runs before the program in a
process of its own and needs the standard library alone; a layer that the machine is known to give
and that fails is an error, never a program that runs without it.
"""
