"""Where this machine keeps Pythons of other versions, whatever HOME says."""

import os
import pwd
from pathlib import Path

_ROOT = os.environ.get("PYENV_ROOT") or Path(pwd.getpwuid(os.getuid()).pw_dir, ".pyenv")
VERSIONS = Path(_ROOT, "versions")
