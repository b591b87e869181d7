"""Images in, images out: reading, tiling, translating and writing microscopy images.

The package knows nothing of the web, the cloud or the environment; what it needs to
know is given to it as arguments.
"""

__version__ = "0.1.0"
