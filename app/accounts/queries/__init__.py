"""Who is who in the back office, and with what they sign in."""
