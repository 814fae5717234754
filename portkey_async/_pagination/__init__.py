"""Lists that are fetched while they are iterated."""
