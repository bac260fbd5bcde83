"""Files of fixes: each reader gives FixBlocks in the file's order, and says what it could not read.

Readers stream, hold a bounded part of the file, and lose nothing silently: a row that is not
understood is counted and, up to a limit, named with its number.
"""
