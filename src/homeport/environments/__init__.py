"""A definition becomes a lock, and a lock an interpreter."""
