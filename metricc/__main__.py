"""`python -m metricc` is `metricc`."""

from .cli import main

main()
