"""Setting disk space aside before it is needed, so that a full disk shows at once."""

from __future__ import annotations

import errno
import os

UNSUPPORTED = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}
"""What a file system answers that cannot set space aside."""

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""All the ways in which a disk says that no more fits."""

ZEROS = bytes(2**20)


def reserve(descriptor: int, size: int) -> None:
    """Make an open file `size` bytes long with all its blocks on disk.

    Afterwards neither writing nor reading through a memory map can find the disk full. Raises
    OSError (ENOSPC, EDQUOT or EFBIG) when it does not fit.
    """
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        fill(descriptor, size)


def fill(descriptor: int, size: int) -> None:
    """The same as `reserve`, by writing zeros, for file systems that cannot set space aside."""
    os.ftruncate(descriptor, size)
    position = 0
    while position < size:
        position += os.pwrite(descriptor, ZEROS[: size - position], position)
