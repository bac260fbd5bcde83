"""What a process does at its start."""

import subprocess
import sys
from pathlib import Path

STANDS_BACK = """
import os
from pathlib import Path
from tagwatch.engine.child import stand_back
before = os.nice(0)
stand_back(7)
group = Path("/proc/self/autogroup")
print(before, os.nice(0), group.read_text().split()[-1] if group.exists() else 7)
"""


def test_who_stands_back_does_so_for_other_sessions_too() -> None:
    """Linux shares time out by session first: nice alone would not keep reports off the alarm."""
    said = subprocess.run(
        [sys.executable, "-c", STANDS_BACK],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    before, nice, group = (int(word) for word in said.stdout.split())
    assert nice == min(19, before + 7)
    assert group == 7
