"""The one place where a question becomes SQL: DuckDB over the Parquet files of a snapshot."""
