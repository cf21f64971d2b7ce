"""What a run returns: labelled arrays, tables of end points, and the run folder that holds them."""
