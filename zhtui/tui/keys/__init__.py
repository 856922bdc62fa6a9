"""Keys: one table, from which bindings, key lines and help are made."""
