"""The scoring server: HTTP in front, workers behind."""
