"""Reverse mode, Graph -> Graph: any order, through control flow, with residuals kept only where they are needed."""
