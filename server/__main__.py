"""`python -m server` is `claribi`."""

from server.cli.main import main

main()
