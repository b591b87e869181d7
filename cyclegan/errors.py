"""The errors that are fit to show to a person.

    ColorMapperError
    ├── ImageError              the image cannot be used
    │   ├── UnsupportedFormat   not a kind of image that is read here
    │   ├── CorruptImage        damaged or cut short
    │   └── ImageTooLarge       more pixels, memory or time than allowed
    ├── ModelError              a model is unknown, damaged or does not fit
    ├── SettingsError           a setting is unknown, missing or out of range
    ├── TrainingError           training cannot go on
    └── Cancelled               somebody asked to stop

A message says what was met, what was wanted and what to do. It never holds a path of this
machine, a secret or a foreign trace. Everything else that is raised is a bug.
"""


class ColorMapperError(Exception):
    """An error whose message is fit to show to a person."""


class ImageError(ColorMapperError):
    """The image cannot be used."""


class UnsupportedFormat(ImageError):  # noqa: N818 - the names are those of the error tree
    """The bytes are not a kind of image that is read here."""


class CorruptImage(ImageError):  # noqa: N818
    """The image is damaged or cut short."""


class ImageTooLarge(ImageError):  # noqa: N818
    """The image has more pixels, or needs more memory or time, than is allowed."""


class ModelError(ColorMapperError):
    """A model is unknown, damaged or does not fit."""


class SettingsError(ColorMapperError):
    """A setting is unknown, missing or out of range."""


class TrainingError(ColorMapperError):
    """Training cannot go on."""


class Cancelled(ColorMapperError):  # noqa: N818
    """Somebody asked to stop."""
