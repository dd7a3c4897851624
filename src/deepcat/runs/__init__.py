"""Runs: one plan carried out through Ansible, as a folder of plain files.

Law of this room: `ansible.py` alone imports ansible_runner; a step writes its intent, then acts.
"""
