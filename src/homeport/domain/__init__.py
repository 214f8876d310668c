"""Values and rules: frozen, no I/O."""
