"""What to cite: the paper whose idea the derivation follows, and metricc."""

from __future__ import annotations

from .. import __version__

BIBTEX = rf"""@inproceedings{{han2024anyloss,
  title     = {{{{AnyLoss}}: Transforming Classification Metrics into Loss Functions}},
  author    = {{Han, Doheon and Moniz, Nuno and Chawla, Nitesh V.}},
  booktitle = {{Proceedings of the 30th {{ACM SIGKDD}} Conference
               on Knowledge Discovery and Data Mining}},
  year      = {{2024}},
  eprint    = {{2405.14745}},
  archiveprefix = {{arXiv}},
}}

@software{{metricc,
  title     = {{metricc: a symbolic metric compiler}},
  author    = {{{{The metricc authors}}}},
  version   = {{{__version__}}},
  year      = {{2026}},
}}
"""
