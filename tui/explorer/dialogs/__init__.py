"""The dialogs of the explorer, one file each. A dialog is given what it offers and returns what was chosen."""
