"""What a person reads of an evidence bundle: guide, exhibits, method, statement, disclosure."""
