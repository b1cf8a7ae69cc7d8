"""What every feature stands on and that knows nothing of charities or of Flask: database, money, clock, audit, jobs."""
