"""What happens later: work that a worker process does after the page has answered."""
