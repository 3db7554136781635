"""An honest no: which wishes conflict, what each could be at best, and the smallest change that makes a plan."""
