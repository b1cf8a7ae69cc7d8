"""The page that says how the installation is doing."""
