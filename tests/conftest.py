"""What all tests share."""

from hypothesis import settings

# Machines differ in speed and are loaded by other work: a slow example is not a wrong one.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
