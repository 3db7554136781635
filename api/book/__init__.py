"""A book of clients: the same plan as alone, for many clients in a row, on one machine or a cluster."""
