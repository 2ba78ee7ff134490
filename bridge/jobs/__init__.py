"""Jobs on disk, their queue, and the worker process that runs them."""
