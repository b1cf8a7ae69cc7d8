"""A clock for whole programs: with this folder on PYTHONPATH they go by the time that a file says (`sitecustomize`)."""
