"""What is read from outside becomes Parquet here, one file per kind of source."""
