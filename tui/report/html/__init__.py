"""A document as one file of HTML that reads by itself: no script, and nothing that is fetched from elsewhere."""
