"""Makes measures and dimensions of columns, without which a table of records says little."""
