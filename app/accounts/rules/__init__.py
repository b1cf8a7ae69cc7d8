"""What is decided without a database: passwords, codes, passkeys, and who may give what to whom."""
