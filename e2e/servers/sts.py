"""A Security Token Service that computes every signature again with PyPI's `botocore` and compares.

Arguments: the access key and the secret key of the client. Prints the port. `AssumeRole` gives keys of the role, whose
holder may ask `GetCallerIdentity`; `/seen` tells what was asked and whether the signature held.
"""

import datetime
import hmac
import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

OWN = Credentials(*sys.argv[1:3])
TEMPORARY = Credentials("ASIAROLE0000000000", "a secret/of+the=role", "a/session+token==")
KEYS = {keys.access_key: keys for keys in (OWN, TEMPORARY)}
SHAPE = re.compile(r"^AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/([\w-]+)/aws4_request, ?"
                   r"SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$")
SEEN = []


def judge(method, url, headers, body):
    """The key that signed, or why the signature does not hold."""
    found = SHAPE.match(headers.get("authorization", ""))
    if found is None:
        return None, "the authorization header has another shape"
    key, day, region, service, signed, signature = found.groups()
    if key not in KEYS:
        return None, "the key is not known"
    names = signed.split(";")
    if "host" not in names or "x-amz-date" not in names or names != sorted(names):
        return None, f"signed are {names}"
    if KEYS[key].token and headers.get("x-amz-security-token") != KEYS[key].token:
        return None, "the session token is missing"
    if KEYS[key].token and "x-amz-security-token" not in names:
        return None, "the session token is not signed"
    moment = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    if abs(time.time() - moment.timestamp()) > 300 or day != headers["x-amz-date"][:8]:
        return None, "the time is off"
    request = AWSRequest(method, url, {name: headers[name] for name in names}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    own = SigV4Auth(KEYS[key], service, region)
    text = own.string_to_sign(request, own.canonical_request(request))
    if not hmac.compare_digest(own.signature(text, request), signature):
        return None, "the signature does not hold"
    return {"key": key, "region": region, "service": service}, None


def assumed(form):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(form["DurationSeconds"]))
    return f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{TEMPORARY.access_key}</AccessKeyId><SecretAccessKey>{TEMPORARY.secret_key}</SecretAccessKey>
<SessionToken>{TEMPORARY.token}</SessionToken><Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""


IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::123456789012:assumed-role/Reader/session</Arn><UserId>AROA:session</UserId>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, status, body, kind="text/xml"):
        content = body.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        self.handle_any("GET")

    def do_POST(self):
        self.handle_any("POST")

    def handle_any(self, method):
        if self.path == "/seen":
            return self.answer(200, json.dumps(SEEN), "application/json")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = f"http://{self.headers['host']}{self.path}"
        headers = {name.lower(): value for name, value in self.headers.items()}
        by, why = judge(method, url, headers, body)
        form = dict(parse_qsl(body.decode() or urlsplit(url).query))
        SEEN.append({"action": form.get("Action"), "form": form, "by": by, "why": why})
        if by is None:
            return self.answer(403, f"<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>{why}</Message></Error></ErrorResponse>")
        if form["Action"] == "AssumeRole" and by["key"] == OWN.access_key:
            return self.answer(200, assumed(form))
        if form["Action"] == "GetCallerIdentity" and by["key"] == TEMPORARY.access_key:
            return self.answer(200, IDENTITY)
        return self.answer(400, "<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>")


httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(httpd.server_port, flush=True)
httpd.serve_forever()
