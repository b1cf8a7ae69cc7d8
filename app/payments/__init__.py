"""Money that moves: checkouts, payments, refunds, disputes and payouts, and the gateway behind a port of our own."""
