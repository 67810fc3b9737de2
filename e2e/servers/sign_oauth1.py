"""Signs a call with PyPI's `oauthlib`, as an app would. Reads the call as JSON on stdin, writes it back signed."""

import json
import sys

from oauthlib.oauth1 import Client

asked = json.load(sys.stdin)
client = Client(
    asked["client"],
    client_secret=asked["secret"],
    resource_owner_key=asked["token"],
    resource_owner_secret=asked["token_secret"],
    signature_method=asked["signature_method"],
    rsa_key=asked.get("rsa_key"),
)
form = {"Content-Type": "application/x-www-form-urlencoded"}
url, headers, body = client.sign(asked["url"], "POST", asked["body"], form)
json.dump({"url": url, "headers": headers, "body": body}, sys.stdout)
