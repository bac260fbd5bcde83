"""Officers' verbs, one file per subject: each appends an act to the journal."""
