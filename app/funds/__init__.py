"""What money may be spent on (funds), and the efforts that bring it in (campaigns and appeals)."""
