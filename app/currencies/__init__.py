"""Exchange rates: a dated table, the European Central Bank's files, and amounts put into another currency."""
