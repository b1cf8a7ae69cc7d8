"""Settings of the installation: the organisation itself, the law's rates, and the trail of who changed what."""
