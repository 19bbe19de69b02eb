"""The pipeline: from a folder of CSVs to the store."""
