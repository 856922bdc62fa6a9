"""Scenes that look into any run of a GPT: lens, ablation, patching, probes, projections."""
