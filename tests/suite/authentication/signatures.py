"""Prints the signature that botocore computes for each request of the list on standard input."""
import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

for told in json.load(sys.stdin):
    auth = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), told["service"], told["region"])
    request = AWSRequest(told["method"], told["url"], data=bytes(told["body"]))
    for name, value in told["headers"]:
        request.headers[name] = value
    request.context["timestamp"] = told["date"]
    canonical = auth.canonical_request(request)
    print(auth.signature(auth.string_to_sign(request, canonical), request))
