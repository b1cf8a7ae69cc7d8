"""What is decided without a database: passwords, codes, passkeys, and with what somebody came."""
