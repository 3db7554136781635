"""What became of it: a policy followed on paths it was not made on, with costs, fees and payments."""
