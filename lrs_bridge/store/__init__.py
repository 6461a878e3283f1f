"""All SQL. Functions take a session; none commits. What returns people takes a viewer and filters in SQL."""
