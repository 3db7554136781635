"""What markets may do: market data and assumptions, return models, simulated paths."""
