"""One file per proto service: message in, message out."""
