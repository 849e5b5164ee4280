"""What was asked and answered, kept as Parquet; and what turned out to be true."""
