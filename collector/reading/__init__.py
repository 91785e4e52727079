"""A second process that reads while requests come fast.

Of a span, 60 to 160 us go into reading it (decode, dialect, price, checks) and 100 to 150 into storing it,
all of that Python, under one interpreter's lock. Read in another process, it comes back in 10.
"""
