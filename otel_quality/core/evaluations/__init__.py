"""What people and judges say about sessions: the records, what they add up to, and how far a judge can be trusted."""
