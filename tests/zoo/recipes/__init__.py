"""Recipes by kind; `__main__` runs one."""
