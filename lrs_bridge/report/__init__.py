"""What the terminal shows, in words."""
