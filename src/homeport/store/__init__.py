"""What a workspace remembers: the catalog (SQL) and the blobs (content-addressed bytes)."""

from homeport.store.protocol import EnvironmentStore, Freed, ModelChange, ModelStore, Store
from homeport.store.workspaces import create_store, delete_store, home_folder, list_stores, open_store

__all__ = [
    "EnvironmentStore",
    "Freed",
    "ModelChange",
    "ModelStore",
    "Store",
    "create_store",
    "delete_store",
    "home_folder",
    "list_stores",
    "open_store",
]
