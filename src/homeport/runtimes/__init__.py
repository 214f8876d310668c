"""From a bundle to a running service."""
