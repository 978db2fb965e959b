"""A question in words, read against the columns, members and times of one table."""
