"""The door out: who must know, how fast, why, and the proof of each attempt."""
