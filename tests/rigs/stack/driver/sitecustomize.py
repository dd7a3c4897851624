"""Lets nova find its driver, which it looks for among its own modules alone."""

import sys
from importlib.util import spec_from_file_location
from pathlib import Path

_NAME = "nova.virt.deepcat_stack"


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != _NAME:
            return None
        return spec_from_file_location(name, Path(__file__).with_name("deepcat_stack.py"))


sys.meta_path.append(_Finder)
