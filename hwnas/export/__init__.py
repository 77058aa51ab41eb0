"""Plain network to ONNX: writer, parity proof, manifest."""
