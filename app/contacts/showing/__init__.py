"""What is told of contacts on pages: lists, panels, the timeline."""
