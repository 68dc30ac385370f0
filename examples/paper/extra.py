"""Says what to install, before a command of the study looks for what is not there."""

from importlib.util import find_spec

PACKAGES = (
    "baycomp",
    "filelock",
    "joblib",
    "matplotlib",
    "pandas",
    "scikit_posthocs",
    "sklearn",
    "tabulate",
    "torch",
    "tqdm",
)
MISSING = [name for name in PACKAGES if find_spec(name) is None]
if MISSING:
    raise SystemExit(f"error: the study needs {', '.join(MISSING)}: pip install 'metricc[paper]'")
