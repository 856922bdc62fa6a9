"""The scenes of the lesson: walk, rooms, cliff, board, menace."""
