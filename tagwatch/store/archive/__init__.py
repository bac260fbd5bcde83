"""The trail archive: fixes older than the tables keep, in sealed Parquet files."""
