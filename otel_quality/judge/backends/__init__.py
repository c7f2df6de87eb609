"""How judges are reached: one file per client library, each imported only when a judge of its protocol is asked.

calls       what is asked and answered, and the one way in which every call is made: observed, in time, its failures told alike
failures    what a client's exception means: ask again, the session cannot be judged, or nothing can
openai, anthropic, litellm   a request as the client wants it, and its response as we read it
opening     from a protocol to its client
"""
