"""What a flow really brings: two arms compared from their sums, never from their persons."""
