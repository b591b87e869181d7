"""The web service and the worker around `cyclegan`."""
