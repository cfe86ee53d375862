"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id above the floor OWASP names: one thread and 46 MiB a try, so that many at once do not fill a small server."""

    time_cost = 2
    memory_cost = 46 * 1024
    parallelism = 1
