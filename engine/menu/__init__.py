"""What risk to hold: portfolios of rising risk, each the best of its risk under bounds and stress limits."""
