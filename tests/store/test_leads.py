"""Every table says by what it leads to a wearer, or why it leads to nobody."""

from tagwatch.store import leads, schema


def test_every_table_has_an_entry_and_no_entry_is_of_no_table() -> None:
    led = [lead.table.name for lead in leads.LEADS]
    assert sorted({*led, *leads.NOBODYS}) == sorted(schema.metadata.tables)
    assert not set(led) & set(leads.NOBODYS)
    assert all(leads.NOBODYS.values())


def test_a_column_that_names_a_wearer_is_not_called_nobodys() -> None:
    named = {name for name, table in schema.metadata.tables.items() if "wearer_id" in table.columns}
    assert named - {"forgetting"} <= {lead.table.name for lead in leads.LEADS}
