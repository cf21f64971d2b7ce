"""The command `ketum`: thin, it parses, calls and shows."""
