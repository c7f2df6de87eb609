# The processor's image. Exact versions throughout: the base by its patch tag, the packages by their hashes.
FROM python:3.11.15-slim-bookworm AS build
WORKDIR /build
COPY requirements/server.txt requirements/
RUN python -m venv /opt/otel-quality \
 && /opt/otel-quality/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY otel_quality/ otel_quality/
RUN /opt/otel-quality/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.11.15-slim-bookworm
RUN groupadd --gid 10001 otel-quality \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin otel-quality \
 && install -d -o 10001 -g 10001 /var/lib/otel-quality
COPY --from=build /opt/otel-quality /opt/otel-quality
ENV PATH=/opt/otel-quality/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME /var/lib/otel-quality
EXPOSE 4317 4318 9464 9465
HEALTHCHECK --interval=10s --timeout=3s --retries=3 --start-period=15s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9464/-/ready', timeout=2)"]
ENTRYPOINT ["otel-quality"]
CMD ["serve", "--data-dir", "/var/lib/otel-quality"]
