"""The explorer: ketum in a browser, on this machine. It parses, calls and shows; it holds no model.

The page keeps the scenario; the server keeps nothing of it. One request is one run: its answer comes in lines of JSON
(progress, then parts of the page), and ending the request cancels the run.
"""
