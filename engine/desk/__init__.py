"""What the adviser hands over: labels, orders for today, diagnosis of what is held, four pots."""
