#!/usr/bin/env bash
# Start Color Mapper; the first time, set it up.
#
#     bash run_flask.sh local     for yourself, on this machine: http://127.0.0.1:5000
#     bash run_flask.sh           for many people, on a server: port 8888
#
# Ctrl-C ends everything. Settings come from configs/serve.yaml and COLORMAPPER_* variables; they
# are listed in docs/settings.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

case "$*" in
    local) mode=local port=${COLORMAPPER_PORT:-5000} ;;
    "") mode=server port=${COLORMAPPER_PORT:-8888} ;;
    *)
        sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac

fail() {
    printf 'Color Mapper cannot start: %s\n' "$*" >&2
    exit 1
}

# The service checks these itself; here they are checked so that nobody waits for a set-up in vain.
if [[ ! -e .venv/installed-requirements.txt ]]; then
    config=${COLORMAPPER_CONFIG:-configs/serve.yaml}
    key=${COLORMAPPER_SECRET_KEY:-}
    if [[ $mode == server && ${#key} -lt 32 ]] && ! grep -qs '^secret_key:' "$config"; then
        fail "COLORMAPPER_SECRET_KEY is missing or shorter than 32 characters; make one with:" \
            "export COLORMAPPER_SECRET_KEY=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
    fi
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail "port $port is taken by another program; choose another with COLORMAPPER_PORT=..."
    fi
fi

bash scripts/setup.sh requirements.txt
exec .venv/bin/python -m app.serve "$mode"
