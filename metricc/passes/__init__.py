"""The middle of the compiler, a pass per file: lower differentiate simplify schedule stabilize."""
