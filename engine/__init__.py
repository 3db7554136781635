"""Decides: suitability gate, menu of portfolios, policy, judged plan, levers and orders."""
