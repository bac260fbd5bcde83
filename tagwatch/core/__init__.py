"""Pure facts and decisions: no clock, no random number, no file, no socket, no database."""
