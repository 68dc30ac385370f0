"""From text to a tree (parse) and from a tree to resolved names (check)."""
