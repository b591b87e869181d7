"""Training: images of two kinds in, a model package out; nothing of the web or the environment."""
