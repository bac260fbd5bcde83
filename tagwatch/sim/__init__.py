"""A seeded London: wearers, tags, errors, faults; the truth kept beside the fixes."""
