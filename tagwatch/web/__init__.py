"""Pages and JSON API, one file per page; no rule, no SQL."""
