"""The door for the gateway's messages, and the screens on what it told us."""
