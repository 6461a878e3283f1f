"""One function per journey. Each takes the session and `now`, or a Database and a clock where it has several steps;
journeys call journeys, and none commits what it did not open."""
