"""Set before any test module is imported."""

import os

# Small matrices only: more threads would fight for the cores with the workers under test.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
