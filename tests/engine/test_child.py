"""What a process does at its start."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

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


KEEPS_ROOM = """
import sys
from pathlib import Path
from tagwatch.engine.child import give_back_room, keep_room

def held_kb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

keep_room()
before = held_kb()
block = bytearray(20 << 20)
del block
kept = held_kb() - before
give_back_room()
print(kept, held_kb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")
def test_the_line_keeps_the_room_of_a_batch_and_gives_it_back_when_it_has_caught_up() -> None:
    said = subprocess.run(
        [sys.executable, "-c", KEEPS_ROOM],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    kept, left = (int(word) for word in said.stdout.split())
    assert kept > 15 << 10
    assert left < 5 << 10
