"""What a person can do in the explorer: the state of the screen, and the actions and messages that change it."""
