"""The only code that knows files and SQL."""
