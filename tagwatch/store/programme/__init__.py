"""A whole programme as a folder that any supplier can read: docs/supplier-change.md says how."""
