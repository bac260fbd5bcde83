"""`python -m tagwatch` is the same program as `tagwatch`."""

from tagwatch.cli import main

if __name__ == "__main__":
    main()
