"""explain: a compilation → a report for the person who is about to train, in plain text.

notation  sympy → text         stages    what each stage did, rule by rule
findings  what the metric is   places    where it is singular, and what the emitted code does there
"""

from .report import explain

__all__ = ["explain"]
