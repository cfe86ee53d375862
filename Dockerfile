FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
RUN DJANGO_SETTINGS_MODULE=postpurchase.settings.production SECRET_KEY=build ENCRYPTION_KEY=build \
    DATABASE_URL=postgresql://app@db/postpurchase REDIS_URL=redis://redis:6379/0 \
    sh -c '/venv/bin/python -m postpurchase.translations && /venv/bin/python manage.py collectstatic --noinput'

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Chinese, Japanese and Korean on receipts
RUN apt-get update && apt-get install -y --no-install-recommends fonts-wqy-microhei && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /app postpurchase
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build --chown=root:root /app /app
USER postpurchase
EXPOSE 8000
CMD ["gunicorn", "--config", "docker/web.py", "postpurchase.wsgi"]
