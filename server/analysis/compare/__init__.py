"""What moved between two runs of a report, and why."""
