"""What if one thing were different: the levers of a plan, and its probability by contribution and date."""
