"""`python -m services`: the same services without a browser."""

from services.cli import main

if __name__ == "__main__":
    main()
