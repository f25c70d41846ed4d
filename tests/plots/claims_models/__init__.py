"""The sentences of scripts/models.ipynb: the claims with their checks, and those without any. A file for each section."""

from claims import together

from . import amdahl, blocked, computing, serving, tour, waiting

claims = together(part.claims for part in (tour, waiting, computing, serving, amdahl, blocked))
