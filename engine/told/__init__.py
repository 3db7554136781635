"""What the policy would hold and why, year by year, and its risk by month and wealth."""
