"""The door in: bytes of tags and files become journal records."""
