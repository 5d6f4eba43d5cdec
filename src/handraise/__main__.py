"""`python -m handraise`: the same as the command `handraise`."""

from handraise.cli import main

if __name__ == "__main__":
    main()
