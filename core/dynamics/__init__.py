"""The network as a dynamical system: Jacobians, Lyapunov exponents, and what theory says of them."""
