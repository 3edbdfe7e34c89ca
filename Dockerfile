# The exporter in a container: docker build .
#
# The base is a tag so that a build takes its security updates; a build that has to be the same
# again pins it: --build-arg PYTHON_IMAGE=python:3.13-slim@sha256:...
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ONLY_BINARY=:all:
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python -m venv tools && \
    tools/bin/pip install --require-hashes --requirement requirements-build.lock && \
    python -m venv --without-pip /opt/github-billing-exporter && \
    tools/bin/pip --python /opt/github-billing-exporter/bin/python \
        install --no-compile --require-hashes --requirement requirements.lock
COPY LICENSE README.md pyproject.toml ./
COPY deploy deploy
COPY exporter exporter
COPY grafana/provisioning grafana/provisioning
# Bytecode that never looks at its source starts faster, and is the same in every build.
RUN tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels . && \
    tools/bin/pip --python /opt/github-billing-exporter/bin/python \
        install --no-compile --no-deps --no-index wheels/*.whl && \
    tools/bin/python -m compileall -q --invalidation-mode unchecked-hash \
        /opt/github-billing-exporter/lib && \
    mkdir state

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="GitHub Billing Exporter" \
    org.opencontainers.image.description="Prometheus exporter for GitHub billing" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.source="${SOURCE}"
ENV PATH=/opt/github-billing-exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    GITHUB_BILLING_EXPORTER_REVISION=${REVISION}
COPY --from=builder /opt/github-billing-exporter /opt/github-billing-exporter
# A volume laid here belongs to the user, for a state file.
COPY --from=builder --chown=65532:65532 /build/state /var/lib/github-billing-exporter
USER 65532:65532
EXPOSE 9877
HEALTHCHECK --interval=60s --timeout=10s --start-period=20s \
    CMD ["github-billing-exporter", "health"]
ENTRYPOINT ["github-billing-exporter"]
