"""Models that do harm where they are trusted."""
