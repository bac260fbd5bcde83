"""Programmes of another kind: the least another supplier must bring, and one with an archive."""

import json
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from tagwatch.core import ledger
from tagwatch.core.ids import ActivationId, TagId
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.programme_export import export_programme, publish
from tagwatch.engine.programme_import import import_programme
from tagwatch.store.archive import parts
from tagwatch.store.database import reading
from tagwatch.store.programme.layout import MANIFEST
from tagwatch.store.programme.tree import Tree
from tests.engine.archive_world import (
    a_round,
    config_of,
    days,
    decoded,
    findings,
    keeper_of,
    kept,
    same,
    swept,
)
from tests.engine.test_programme import ASKED, UNFINISHED, count, new
from tests.walk.timeline import register


def test_another_suppliers_folder_needs_no_findings(tmp_path: Path) -> None:
    """The least another supplier must bring: docs/supplier-change.md shows it."""
    folder = tmp_path / "theirs"
    for name in ("records", "findings", "fixes", "files"):
        (folder / name).mkdir(parents=True)
    start = Instant(1_790_000_000 * SECOND)
    body = json.dumps({"fixes": [{"time": start // SECOND + 60, "lon": -0.1, "lat": 51.5}]})
    sent = ledger.FrameReceived(
        protocol="tagwatch", body=body.encode(), content_type="application/json",
        tag_id=TagId("t_w9"), activation_id=ActivationId("a_w9"), wearer_id="w9",
        frame_sha256=sha256(body.encode()).digest(),
    )  # fmt: skip
    kept = ledger.OriginNote(
        what="violation", at=start, wearer_id="w9", words="curfew 2 h 10", body='{"id": 77}'
    )
    lines = [
        msgspec.json.encode(
            {
                "seq": seq,
                "received_at": start + seq * MINUTE,
                "kind": type(event).__name__,
                "owner_kind": "wearer",
                "owner_id": "w9",
                "data_class": "register",
                "wearer": "w9",
                "event": event,
            }
        )
        for seq, event in enumerate([*register("w9", start), sent, kept], start=1)
    ]
    tree = Tree()
    for line in lines:
        tree.add(line)
    files = {
        "records/1.ndjson": b"\n".join(lines) + b"\n",
        "wearers.ndjson": msgspec.json.encode(
            {"wearer": "w9", "records": len(lines), "root": tree.root(),
             "months": {"2026-09": len(lines)}}) + b"\n",
    }  # fmt: skip
    for name, content_ in files.items():
        (folder / name).write_bytes(content_)
    kinds: dict[str, int] = {}
    for event in [*register("w9", start), sent, kept]:
        kinds[type(event).__name__] = kinds.get(type(event).__name__, 0) + 1
    manifest = {
        "format": "tagwatch-programme", "version": 1, "made_with": "another system 3.1",
        "made_at": start, "made_by": "them", "reason": "contract", "records": len(lines),
        "root": tree.root(), "kinds": kinds,
        "files": {name: {"bytes": len(c), "sha256": sha256(c).hexdigest(),
                         "lines": c.count(b"\n")} for name, c in files.items()},
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest))
    config = new(tmp_path / "data")
    imported = import_programme(config, folder, UNFINISHED, lambda *_: None)
    assert (imported.compared, imported.differences) == (0, ())
    assert count(config, "trail_block") == 1
    assert count(config, "order_version") == 1


@pytest.mark.soak
def test_an_archived_trail_comes_back_from_the_frames(tmp_path: Path) -> None:
    """Sealed fixes are handed over like any others; the archive itself stays where it was."""
    folder, config = tmp_path / "folder", new(tmp_path / "data")
    with InProcessCentre.open(config_of(tmp_path / "old")) as centre:
        keeper = keeper_of(centre)
        for day, (at, drafts) in enumerate(days(3)):
            centre.append(drafts)
            centre.apply()
            if day >= 40:
                keeper.bring_back(at)
            if day >= 40 and day % 3 == 0:
                swept(centre, at)
                a_round(keeper, at)
        centre.apply()
        keeper.close()
        before, head, old = decoded(centre), centre.writer.head(), centre.config
        with reading(centre.projections) as connection:
            assert parts.visible(connection), "nothing was sealed: the test tests nothing"
        found = findings(centre)
    manifest = export_programme(old, folder, ASKED, head)
    publish(folder, manifest)
    assert manifest.fixes == len(before)
    imported = import_programme(config, folder, UNFINISHED, lambda *_: None)
    assert (imported.differences, imported.fixes_differing) == ((), ())
    assert imported.fixes == len(before)
    with InProcessCentre.open(config) as centre:
        assert same(kept(centre), before)
        assert findings(centre) == found
