"""What a run of each world learns in a step, measures and shows; one module a kind of world."""
