"""Parts that lessons use and do not teach: one idea a file, torch only."""
