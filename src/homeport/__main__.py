"""`python -m homeport`."""

from homeport.cli.main import main

if __name__ == "__main__":
    main()
