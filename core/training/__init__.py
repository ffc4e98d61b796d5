"""Training: its steps, optimizers and history, what it does to the gradient, and remedies compared."""
