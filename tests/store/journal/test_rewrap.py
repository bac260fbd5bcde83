"""The installation key is replaced: whatever the disk keeps of it after a cut, everything opens."""

from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME
from tagwatch.store.journal.rewrap import rewrap, rewrap_held
from tagwatch.store.journal.wrapping import (
    NEXT_NAME,
    Wrapping,
    make_installation_key,
    read_installation_key,
    take_over,
)
from tests.store.journal.faults import FaultyFiles, PowerCut
from tests.store.journal.world import BEN, KEYS, NOON, draft, fill, read_all, writer

PATH = KEYS / INSTALLATION_KEY_NAME


def replace(files: FaultyFiles) -> None:
    """Replace the key, or go on with that."""
    if not files.exists(KEYS / NEXT_NAME):
        make_installation_key(files, KEYS / NEXT_NAME)
    wrapping = Wrapping(files, PATH)
    rewrap(files, KEYS, wrapping)
    with wrapping.held():
        assert rewrap_held(files, KEYS, wrapping) == (0, ())
        take_over(files, PATH)


def test_whatever_a_power_cut_leaves_opens_and_it_is_completed() -> None:
    cuts, whole = 0, False
    while not whole:
        files = FaultyFiles(seed=cuts)
        journal = writer(files)
        payloads = fill(journal, 3)
        journal.erase(BEN, None, None, NOON)
        before, head = read_all(files, journal.head().seq), journal.head().seq
        former = read_installation_key(files, PATH)
        files.cut_after = files.operations + 1 + cuts
        try:
            replace(files)
            whole = True
        except PowerCut:
            pass
        files.restart()
        assert read_all(files, head) == before, f"cut at {cuts}"
        if read_installation_key(files, PATH) == former:
            replace(files)
        assert read_installation_key(files, PATH) != former
        assert read_all(files, head) == before, f"cut at {cuts}, completed"
        again = writer(files)
        assert again.append([draft(b"on it goes")]).start == head + 1
        assert read_all(files, head + 1)[-1].payload == b"on it goes"
        assert len(payloads) == head
        cuts += 1
    assert cuts > 15
