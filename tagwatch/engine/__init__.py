"""Runs the line: who calls run_batch, and who supervises the processes."""
