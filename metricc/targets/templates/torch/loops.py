C_SOURCE = r"""
__C_SOURCE__
"""

__LOOPS__
