#!/usr/bin/env bash
# Set up what the tests need and run all checks: style, types, tests, those in the browser too.
#
#     bash scripts/test.sh [PYTEST ARGUMENTS]
#
# On Debian as root, Chromium and PostgreSQL come from Debian's packages; elsewhere the tests that
# need one that is missing are skipped, and say so. Ends with 0 only if everything passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'Color Mapper tests: %s\n' "$*"; }

missing_packages() {
    command -v chromium >/dev/null || echo chromium fonts-dejavu-core
    ldconfig -p | grep -q 'libatomic\.so\.1' || echo libatomic1 # Playwright's Node needs it
    compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null || echo postgresql
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages | tr ' ' '\n')
    [[ ${#packages[@]} -gt 0 ]] || return 0
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        say "not installed: ${packages[*]}; the tests that need them are skipped"
        return 0
    fi
    say "installing Debian's ${packages[*]}"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends \
        "${packages[@]}" >/dev/null
}

failed=()
check() { # what python runs as a module, and its arguments
    say "$*"
    .venv/bin/python -m "$@" || failed+=("$1")
}

install_packages
bash scripts/setup.sh requirements.txt requirements-test.txt
check ruff check
check ruff format --check
check mypy
# Many at a time: most tests wait for processes, timeouts and pauses rather than compute. What does
# compute keeps to one core: networks of this size gain nothing from threads that are in each
# other's way. Files come in the order that tests/conftest.py gives them, the slowest first.
export OMP_NUM_THREADS=1
check pytest -n 4 --dist loadfile --no-loadscope-reorder "$@"
if [[ ${#failed[@]} -gt 0 ]]; then
    say "failed: ${failed[*]}"
    exit 1
fi
say "all passed"
