"""The compiler: typed SSA graphs, passes, autodiff, executors. It knows nothing of `eager` and `dy2static`."""
