"""A process for regions that never answers."""

from __future__ import annotations

import sys
import time

from cyclegan.deathsig import die_with

if __name__ == "__main__":
    die_with(int(sys.argv[2]))
    time.sleep(3600)
