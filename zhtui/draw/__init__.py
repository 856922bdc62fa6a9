"""Pure drawing: numpy arrays and views become grids of cells. Nothing here knows textual."""
