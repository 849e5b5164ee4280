"""The platform's processes on one machine: started, watched, stopped."""
