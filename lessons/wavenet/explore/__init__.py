"""Two mechanisms: eight characters fused two by two, and the same net flat beside the tree."""
