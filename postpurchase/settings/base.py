"""Settings all environments share. Each value that differs is read from the environment, or from `<NAME>_FILE`."""

from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab

from core import logs
from postpurchase.database import data_folder
from postpurchase.settings.unfold import UNFOLD  # noqa: F401  Django reads it by name
from postpurchase.settings.vendors import vendor_address

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_FOLDER = data_folder()  # of the embedded Postgres and the demo; a deployment keeps nothing here


class Env(environ.FileAwareEnv):  # type: ignore[misc]
    """`SECRET_KEY_FILE=/run/secrets/key` works wherever `SECRET_KEY` does."""


env = Env()

SECRET_KEY: str
# Keys that were changed: what they signed is still read, and nothing is signed with them.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
ENCRYPTION_KEY: str
DEBUG = False
ALLOWED_HOSTS = ["*"]  # merchants.middleware answers 404 for every host that is no merchant's and not the platform's
PLATFORM_HOST: str = env.str("PLATFORM_HOST", default="localhost:8000")
PUBLIC_SCHEME: str = env.str("PUBLIC_SCHEME", default="https")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "django_htmx",
    "core",
    "merchants",
    "events",
    "customers",
    "catalog",
    "orders",
    "tracking",
    "rewards",
    "returns",
    "reviews",
    "connectors",
    "notifications",
    "support",
    "portal",
    "dashboard",
    "demo",
    "postpurchase",
]

MIDDLEWARE = [
    "core.tracing.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "merchants.middleware.HostMiddleware",
    "core.machines.MachineMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "merchants.middleware.ScopeMiddleware",
    "axes.middleware.AxesMiddleware",
]

MACHINE_PATHS = ("/hooks/",)  # signed by who calls; see core.machines
ROOT_URLCONF = "postpurchase.urls"
PORTAL_URLCONF = "postpurchase.urls_portal"
WSGI_APPLICATION = "postpurchase.wsgi.application"
AUTH_USER_MODEL = "merchants.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
MESSAGE_TEMPLATES = BASE_DIR / "templates" / "messages"


def database(url: str, *, connect_timeout: int = 3, migrates: bool = False) -> dict[str, Any]:
    """One connection: short timeouts (`connect_timeout` in seconds), kept open between requests.

    `migrates`: a statement may take its time, as an index on a long table does, and waits for nobody: behind one that waits for a
    lock everybody else waits too.
    """
    config: dict[str, Any] = env.db_url_config(url)
    statement, lock = (0, 2000) if migrates else (30_000, 5000)
    limits = f"-c statement_timeout={statement} -c lock_timeout={lock} -c idle_in_transaction_session_timeout=30000"
    # A server on a socket is named in the address's query, which arrives here as an option.
    options = {"connect_timeout": connect_timeout, "options": limits, **config.get("OPTIONS", {})}
    return {**config, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# The first hashes; what the others hashed is still read, and renewed at the next sign-in.
PASSWORD_HASHERS = ["core.passwords.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "merchants.lockout.Handler"
AXES_CLIENT_IP_CALLABLE = "merchants.lockout.network"
AXES_USERNAME_CALLABLE = "merchants.lockout.name"
AXES_LOCKOUT_CALLABLE = "merchants.lockout.locked"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/admin/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("zh-hans", "简体中文"), ("id", "Bahasa Indonesia"), ("pt-br", "Português (Brasil)")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failed"
# Proxies of our own in front of us: the shopper's address is that many entries from the end of X-Forwarded-For.
TRUSTED_PROXY_HOPS = env.int("TRUSTED_PROXY_HOPS", default=0)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # forms carry the token; no script reads the cookie
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY: str | None = "same-origin"
MESSAGE_STORAGE = "core.notices.NoticeCookie"
FORMS_URLFIELD_ASSUME_HTTPS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS = [
    "core.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "https:", "data:"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "frame-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
    "frame-ancestors": ["'none'"],
}
CONTENT_SECURITY_POLICY = {"EXCLUDE_URL_PREFIXES": ("/admin/",), "DIRECTIVES": POLICY}
# Unfold's pages are driven by Alpine, which reads expressions out of attributes and needs `eval` for them, and are coloured by a style
# element. No inline script runs. Our own pages in the admin have the policy above.
ADMIN_CONTENT_SECURITY_POLICY = {**POLICY, "script-src": ["'self'", "'unsafe-eval'"], "style-src": ["'self'", "'unsafe-inline'"]}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.handle_error",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
# Requests a second one API key may make, and how many at once.
API_RATE = env.int("API_RATE", default=50)
API_BURST = env.int("API_BURST", default=100)
SPECTACULAR_SETTINGS = {
    "TITLE": "Post-purchase API",
    "DESCRIPTION": "Orders, parcels, refunds, returns, claims, products and customers in; the same out.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PUBLIC": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "core.docs.add_links"],
    "ENUM_NAME_OVERRIDES": {
        "OrderStateEnum": "orders.types.OrderState",
        "AdditionStateEnum": "orders.types.AdditionState",
        "RequestKindEnum": "orders.types.RequestKind",
        "RequestStateEnum": "orders.types.RequestState",
        "OutcomeEnum": "returns.types.Outcome",
        "ReasonKindEnum": "returns.types.ReasonKind",
        "ClaimKindEnum": "returns.types.ClaimKind",
        "ClaimResolutionEnum": "returns.api.incoming.RESOLUTIONS",
        "LabelWayEnum": "returns.api.incoming.LABEL_WAYS",
        "ReturnWayEnum": "returns.types.Way",
        "MoneyWayEnum": "returns.types.MoneyWay",
        "ReturnOriginEnum": "returns.types.Origin",
        "ReviewOriginEnum": "reviews.types.Origin",
        "ReviewStateEnum": "reviews.types.ReviewState",
    },
}

CELERY_BROKER_URL: str
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# A task is only a ring: taken off the broker at once, because a lost one costs a second and a repeated one work.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the slowest round of a queue can be, which begins nothing new after twenty seconds: only what hangs is cut off.
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": 120, "socket_timeout": 2, "socket_connect_timeout": 2}
DAILY = (
    "connectors.purge_inbox",
    "notifications.purge_contents",
    "notifications.forget_stock",
    "merchants.purge_answers",
    "merchants.anchor_audit",
    "tracking.forget_waiting",
    "customers.forget",
    "orders.forget_guests",
    "support.forget_old",
)
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "events.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "privacy": {"task": "customers.privacy", "schedule": 900.0, "options": {"expires": 900}},
    "incidents": {"task": "tracking.sweep", "schedule": 300.0, "options": {"expires": 300}},
    "returns": {"task": "returns.sweep", "schedule": 300.0, "options": {"expires": 300}},
    "reviews": {"task": "reviews.sweep", "schedule": 300.0, "options": {"expires": 300}},
    "gaps": {"task": "tracking.learn_gaps", "schedule": crontab(hour="3", minute="20"), "options": {"expires": 3600}},
    "stock": {"task": "notifications.take_stock", "schedule": crontab(minute="12"), "options": {"expires": 3000}},
    "readings": {"task": "support.settle_readings", "schedule": crontab(minute="50"), "options": {"expires": 3600}},
    "lanes": {"task": "tracking.refresh_lanes", "schedule": crontab(minute="40"), "options": {"expires": 3600}},
    **{name: {"task": name, "schedule": crontab(hour="3", minute="20")} for name in DAILY},
}

# Lets `core.http` call this machine over plain http: for tests and for a carrier that is only played.
OUTBOUND_LOOPBACK = env.bool("OUTBOUND_LOOPBACK", default=False)


def vendor(name: str, default: str) -> str:
    """Where a vendor is called: its own address, unless the environment names another."""
    return vendor_address(name, env.str(name, default=default), allows_loopback=OUTBOUND_LOOPBACK)


TWILIO_API_URL = vendor("TWILIO_API_URL", "https://api.twilio.com")
MAILGUN_API_URL = vendor("MAILGUN_API_URL", "https://api.mailgun.net")
MAILGUN_EU_API_URL = vendor("MAILGUN_EU_API_URL", "https://api.eu.mailgun.net")
SENDGRID_API_URL = vendor("SENDGRID_API_URL", "https://api.sendgrid.com")
POSTMARK_API_URL = vendor("POSTMARK_API_URL", "https://api.postmarkapp.com")
EASYPOST_API_URL = vendor("EASYPOST_API_URL", "https://api.easypost.com")
AFTERSHIP_API_URL = vendor("AFTERSHIP_API_URL", "https://api.aftership.com")
SHIPPO_API_URL = vendor("SHIPPO_API_URL", "https://api.goshippo.com")
SEVENTEENTRACK_API_URL = vendor("SEVENTEENTRACK_API_URL", "https://api.17track.net")
ANYMAIL = {"REQUESTS_TIMEOUT": (3.05, 10)}
# True: nothing is sent, what is due is only looked up at its provider (docs/operations.md, "Restore"). A restored database finds out by
# itself that it is one, except when a disk was put back as it was: for that there is this switch.
RECONCILE_ONLY = env.bool("RECONCILE_ONLY", default=False)

# `lines` for a person's eyes, `json` for a machine's: one record, one line.
LOG_FORMAT = env.str("LOG_FORMAT", default="lines")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logs.config(is_json=LOG_FORMAT == "json", level=LOG_LEVEL)

# `/metrics` answers who shows this token; nobody while it is empty.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Merchants with a line of their own in the metrics, the busiest first; the others share one.
METRICS_MERCHANTS = env.int("METRICS_MERCHANTS", default=50)
# Folders on the volumes that must not run full, with commas between them; only what this process can see.
HEALTH_DISKS: list[str] = env.list("HEALTH_DISKS", default=[])
REDIS_URL = ""
