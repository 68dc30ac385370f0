"""The types that flow between the stages: syntax, typed, symbolic, program."""
