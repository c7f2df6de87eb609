"""What past executions teach: patterns, predictions, adaptations, velocity. Pure functions over what the store counts.

execution   one tool execution, as it is kept
predict     from a pattern to a probability and its reason in words
adapt       rules that move a policy value when a measured rate crosses a bound
velocity    is it getting better
"""
