"""The inventory on pages: every tag stands on one of them, whatever is looked for."""

from tagwatch.core.person import Tag
from tagwatch.query import register as page
from tagwatch.query.register import tags
from tagwatch.store import schema
from tests.web import sample


def test_every_tag_stands_on_a_page_by_its_serial(at, config, monkeypatch, audited) -> None:
    known = [Tag(tag_id=f"t_{n}", serial=f"TW-10{n}", model="phone") for n in range(3)]
    rows = [{"tag_id": t.tag_id, "serial": t.serial, "body": sample.body(t)} for t in known]
    key = {"credential_id": "cr_1", "scheme": "tagwatch", "secret_sha256": b"", "tag_id": "t_1"}
    keys = [{**key, "body": "{}"}, {**key, "credential_id": "cr_2", "revoked_at": 1, "body": "{}"}]
    sample.put(config, *((schema.tag, row) for row in rows))
    sample.put(config, *((schema.credential, row) for row in keys))
    whole = tags(at("operator"), "")
    assert [row.tag.serial for row in whole.rows] == ["TW-0001", "TW-100", "TW-101", "TW-102"]
    assert [row.credentials for row in whole.rows] == [0, 0, 1, 0]
    assert (whole.total, whole.page, whole.pages) == (4, 1, 1)
    monkeypatch.setattr(page, "PAGE", 2)
    second = tags(at("operator"), "", 2)
    assert [row.tag.tag_id for row in second.rows] == ["t_1", "t_2"]
    assert audited()[-1].ids == ("t_1", "t_2")
    found = tags(at("operator"), "tw-10", 9)
    assert (found.page, found.pages, found.total) == (2, 2, 3)
    assert [row.tag.serial for row in found.rows] == ["TW-102"]
