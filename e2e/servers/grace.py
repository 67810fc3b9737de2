"""An OAuth 2.0 server made of PyPI's `django-oauth-toolkit`: each refresh gives a new refresh token, and the old one
works for some seconds more, in which it gives the same tokens again.

Arguments: a directory for its database, the callback of the client, the seconds of grace. Prints the port.
`POST /lose` makes the next answer to a refresh get lost on its way; `/seen` tells how token requests ended.
"""

import json
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.urls import path

DIRECTORY, CALLBACK, GRACE_S = sys.argv[1:4]
CLIENT, SECRET = "claviger-under-test", "a secret of the client"

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(DIRECTORY) / "grace.sqlite"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    LOGGING_CONFIG=None,
    MIDDLEWARE=["__main__.SignedIn"],
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "oauth2_provider": None},
    OAUTH2_PROVIDER={
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": int(GRACE_S),
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "ROTATE_REFRESH_TOKEN": True,
    },
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF="__main__",
    SECRET_KEY="of a server that lives for one test",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from oauth2_provider.models import get_access_token_model, get_application_model  # noqa: E402
from oauth2_provider.views import (  # noqa: E402
    AuthorizationView,
    RevokeTokenView,
    TokenView,
)

SEEN = []
LOST = []


class SignedIn:
    """Everybody is signed in as the one user."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.user = User.objects.get(username="mira")
        request._dont_enforce_csrf_checks = True
        return self.get_response(request)


def token(request):
    grant = request.POST.get("grant_type")
    answer = TokenView.as_view()(request)
    SEEN.append({"grant": grant, "status": answer.status_code, "lost": bool(LOST)})
    if grant == "refresh_token" and LOST:
        LOST.clear()
        return HttpResponse("the gateway lost the answer", status=502)
    return answer


def lose(request):
    LOST.append(True)
    return JsonResponse({})


def seen(request):
    return JsonResponse(SEEN, safe=False)


def me(request):
    """What the tokens are for: it tells whether the one that was sent is good."""
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    known = get_access_token_model().objects.filter(token=sent).first()
    return JsonResponse({}, status=200 if known and known.is_valid() else 401)


urlpatterns = [
    path("authorize", AuthorizationView.as_view()),
    path("token", token),
    path("revoke", RevokeTokenView.as_view()),
    path("me", me),
    path("lose", lose),
    path("seen", seen),
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def main():
    call_command("migrate", run_syncdb=True, verbosity=0)
    Application = get_application_model()
    Application.objects.create(
        name="Claviger",
        user=User.objects.create_user("mira"),
        client_id=CLIENT,
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=CALLBACK,
        skip_authorization=True,
    )
    from django.core.wsgi import get_wsgi_application

    with make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


main()
