"""What a workspace remembers: the catalog (SQL) and the blobs (content-addressed bytes)."""
