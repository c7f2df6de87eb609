"""OTLP in: bytes to observations, errors to answers.

framing    where one request ends and the next begins
decode     bytes to a columnar batch, by the tables of dialects/
otlp_json  the same request in JSON
logs       bytes of log requests to evaluation records, by the tables of `evaluations`
requests   the waiting requests as one, each with an answer of its own
answers    one table: error to gRPC code and HTTP status
grpc, http the two servers
"""
