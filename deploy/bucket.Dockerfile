# An emulator of Google Cloud Storage for trying Color Mapper out; compose.yaml starts it.
# Whoever reaches its port can read and change everything in it.
FROM python:3.11.14-slim-bookworm
RUN pip install --no-cache-dir gcp-storage-emulator==2026.7.19 \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin bucket \
    && install --directory --mode 0700 --owner bucket --group bucket /bucket
VOLUME /bucket
EXPOSE 9023
USER bucket
HEALTHCHECK --interval=5s --timeout=10s --start-period=30s --retries=6 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9023/storage/v1/b/color-mapper', timeout=8)"]
ENTRYPOINT ["gcp-storage-emulator", "--data-dir=/bucket", "start", "--host=0.0.0.0", "--port=9023", "--default-bucket=color-mapper"]
