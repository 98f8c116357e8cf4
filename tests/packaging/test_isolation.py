"""The package never loads `sqlalchemy.orm`, nor the extensions of SQLAlchemy that load it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "session_work.py"


def test_a_whole_session_loads_no_other_orm() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", [])
