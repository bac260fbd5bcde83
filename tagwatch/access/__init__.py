"""Who may see what, for which purpose, and the proof that they did."""
