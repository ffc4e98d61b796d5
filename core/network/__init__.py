"""What is computed with: the network, the batch it runs over, its cells, activations, read-out and initializers."""
