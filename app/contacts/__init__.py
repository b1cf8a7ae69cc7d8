"""Everyone we know: people, households and organisations, how to reach them, and what they agreed to."""
