"""Lives of those who may take part: the same persons with and without use, day by day, at the engine's price."""
