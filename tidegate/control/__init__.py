"""The control process: the control API, the reconciler's loop, job follow-up and the monitor scheduler."""
