"""Papers as they come out of the printer."""
