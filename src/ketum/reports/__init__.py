"""Reports: the one HTML page that tells what a run did, in words, figures and tables, and how to repeat it."""
