"""An OAuth 1.0a server made of PyPI's `oauthlib`, which checks every signature.

Arguments: the client's key, its secret, and its public RSA key in PEM. Prints the port. `/request`, `/authorize` and
`/token` are the three steps, `/api` is what they protect, `/seen` tells which signed requests were judged and how.
"""

import json
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from oauthlib.oauth1 import RequestValidator, WebApplicationServer

METHODS = ("HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT")
CLIENT, SECRET, PUBLIC_KEY = sys.argv[1:4]


class Judge(RequestValidator):
    """What oauthlib asks: the keys, and where tokens are kept."""

    allowed_signature_methods = METHODS
    enforce_ssl = False
    client_key_length = (1, 100)
    nonce_length = (1, 100)
    realms = ()
    dummy_client = "nobody"
    dummy_request_token = "none"
    dummy_access_token = "none"

    def __init__(self):
        super().__init__()
        self.temporary, self.lasting, self.nonces = {}, {}, set()

    def check_client_key(self, client_key):
        return True

    def check_nonce(self, nonce):
        return True

    def check_request_token(self, request_token):
        return True

    check_access_token = check_request_token

    def check_verifier(self, verifier):
        return True

    def check_realms(self, realms):
        return True

    def validate_client_key(self, client_key, request):
        return client_key == CLIENT

    def get_client_secret(self, client_key, request):
        return SECRET

    def get_rsa_key(self, client_key, request):
        return PUBLIC_KEY

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri.startswith("http://127.0.0.1:")

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None, access_token=None):
        used = (timestamp, nonce)
        fresh = used not in self.nonces
        self.nonces.add(used)
        return fresh

    def save_request_token(self, token, request):
        self.temporary[token["oauth_token"]] = {"secret": token["oauth_token_secret"], "callback": request.redirect_uri}

    def verify_request_token(self, token, request):
        return token in self.temporary

    def validate_request_token(self, client_key, token, request):
        return token in self.temporary

    def get_request_token_secret(self, client_key, token, request):
        return self.temporary.get(token, {}).get("secret", "none")

    def get_redirect_uri(self, token, request):
        return self.temporary[token]["callback"]

    def save_verifier(self, token, verifier, request):
        self.temporary[token]["verifier"] = verifier["oauth_verifier"]

    def validate_verifier(self, client_key, token, verifier, request):
        return self.temporary.get(token, {}).get("verifier") == verifier

    def invalidate_request_token(self, client_key, request_token, request):
        self.temporary.pop(request_token, None)

    def save_access_token(self, token, request):
        self.lasting[token["oauth_token"]] = token["oauth_token_secret"]

    def validate_access_token(self, client_key, token, request):
        return token in self.lasting

    def get_access_token_secret(self, client_key, token, request):
        return self.lasting.get(token, "none")


def awkward():
    """A token with signs that have to be encoded wherever it stands."""
    return f"{secrets.token_urlsafe(24)}+/ =&%~ü"


JUDGE = Judge()
SERVER = WebApplicationServer(JUDGE)
SERVER.token_generator = awkward
SEEN = []


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers):
        content = (body or "").encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        self.handle_any("GET")

    def do_POST(self):
        self.handle_any("POST")

    def handle_any(self, method):
        uri = f"http://{self.headers['host']}{self.path}"
        path = urlsplit(uri).path
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        headers = {name.title(): value for name, value in self.headers.items()}
        if path == "/seen":
            return self.answer(200, json.dumps(SEEN), {"content-type": "application/json"})
        if path == "/authorize":
            found, text, status = SERVER.create_authorization_response(uri, method, body, headers)
            return self.answer(status, text, found)
        if path == "/request":
            found, text, status = SERVER.create_request_token_response(uri, method, body, headers)
        elif path == "/token":
            found, text, status = SERVER.create_access_token_response(uri, method, body, headers)
        elif path == "/api":
            valid, _ = SERVER.validate_protected_resource_request(uri, method, body, headers)
            found, text, status = {}, None, 200 if valid else 401
        else:
            return self.answer(404, "", {})
        authorization = self.headers.get("authorization", "")
        SEEN.append({"path": path, "body": body, "authorization": authorization, "status": status, "text": text or ""})
        return self.answer(status, text, found)


httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(httpd.server_port, flush=True)
httpd.serve_forever()
