"""`build remote`: a dist/ whose executable is the gate, a small program that calls backends elsewhere."""
