"""The way in which backups say no."""


class BackupError(Exception):
    """A backup could not be taken, read or restored. The message is for whoever runs the installation."""
