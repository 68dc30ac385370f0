"""Derivations on paper: from a compilation to numbered steps of equations."""
