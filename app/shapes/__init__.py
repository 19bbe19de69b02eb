"""What an answer looks like: the agreement between ``app.answers``, the HTTP API and the pages.

Each answer is a frozen record whose fields are the API's keys, in its order (the API serialises it as it is).
Times in ``ts`` arrays are epoch ms UTC; other times are ISO 8601 with the site's offset. Unknown is None, never a
default. ``coverage`` is the share (0 to 1) of the time asked for that holds readings.
"""
