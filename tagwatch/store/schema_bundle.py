"""The register of evidence bundles, and the keys that signed them."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

bundle = Table(
    "bundle",
    metadata,
    Column("bundle_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    instant("at", nullable=False),
    Column("body", Text, nullable=False),  # recorded_bundle.BundleMade
)

bundle_given = Table(
    "bundle_given",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("bundle_id", String, nullable=False, index=True),
    Column("body", Protected(), nullable=False),  # recorded_bundle.BundleGiven
)

bundle_told = Table(
    "bundle_told",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("bundle_id", String, nullable=False, index=True),
    Column("body", Protected(), nullable=False),  # recorded_bundle.ReceiverTold
)

signing_key_rotation = Table(
    "signing_key_rotation",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("body", Text, nullable=False),  # recorded_bundle.SigningKeyRotated
)
