"""The command line: `claribi`."""
