"""What people may type about contacts, their ties and their tasks."""
