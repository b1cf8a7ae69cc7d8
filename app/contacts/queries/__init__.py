"""What may be asked about contacts, their ties and their tasks, and how they are found."""
