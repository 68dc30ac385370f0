"""Back ends: each prints a program in its own language and wraps it in that language's shell."""
