"""Passwords that cost next to nothing to hash, for the thousands of sign-ins of the suite.

What they cost in production is proven by tests/accounts/test_passwords.py, which runs with `PRODUCTION`; the programs
that tests start run with it too.
"""

from argon2 import PasswordHasher

from app.accounts.rules import passwords

PRODUCTION = passwords._hasher
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords._hasher = CHEAP
