"""What the donor's own page asks: who may come in, and what is theirs."""
