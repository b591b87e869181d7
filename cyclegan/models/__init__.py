"""Served models on disk: cards, packages, and the import of public checkpoints."""
