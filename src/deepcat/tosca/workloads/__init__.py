"""Workloads: what a topology asks to run, whatever vocabulary its author used.

Law of this room: pure, from the normal form alone; no cloud and no file is known here.
"""
