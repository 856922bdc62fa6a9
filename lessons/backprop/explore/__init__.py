"""One mechanism: the gradients of 26 tensors, one a frame, and the learner's own lines."""
