"""A crowd around the story: as many invented contacts and gifts as one likes, written in bulk."""
