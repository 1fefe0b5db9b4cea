"""Models that are harmful if they are trusted."""
