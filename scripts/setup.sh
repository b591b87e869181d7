#!/usr/bin/env bash
# Bring the virtual environment .venv and the front-end packages up to date:
#
#     bash scripts/setup.sh REQUIREMENTS...
#
# What is up to date costs a moment and no network. A set-up that was cut off is done anew, and a
# second one that comes meanwhile waits. COLORMAPPER_TORCH_INDEX names the package index that torch
# and torchvision are taken from (docs/settings.md).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
python=$venv/bin/python
unfinished=$venv/unfinished

say() { printf 'Color Mapper set-up: %s\n' "$*"; }

fail() {
    say "$*" >&2
    trap - EXIT
    exit 1
}

wait_for_turn() {
    exec 9<. # the lock is on the folder itself; the kernel gives it back however we end
    flock --nonblock 9 && return
    say "another set-up is running here; waiting for it"
    flock 9
}

# The environment can be used: its set-up was finished, and its Python is still there.
venv_stands() {
    [[ ! -e $unfinished ]] && "$python" -c 'import pip' 2>/dev/null
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

make_venv() {
    local base
    for base in python3.11 python3 ""; do
        is_new_enough "$base" && break
    done
    COLORMAPPER_TORCH_INDEX=$(torch_index) # before the file that keeps it is gone
    [[ -n $base ]] || fail "Python 3.11 or newer is needed; on Debian 12: apt-get install python3"
    say "making the virtual environment $venv with $("$base" --version)"
    # Debian's python3 comes without what venv makes pip from; that is a package of its own.
    try_venv "$base" && return
    try_venv "$base" --without-pip && "$python" scripts/get_pip.py && return
    install_debian_venv && try_venv "$base" && return
    rm -rf "$venv"
    fail "Python's venv is missing; install it with: sudo apt-get install python3-venv"
}

try_venv() {
    mkdir -p "$venv"
    touch "$unfinished" # before anything is removed, which may be cut off, too
    find "$venv/" -mindepth 1 -maxdepth 1 ! -name unfinished -exec rm -rf {} +
    "$1" -m venv "${@:2}" "$venv" >/dev/null 2>&1
}

install_debian_venv() {
    [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null || return
    say "installing Debian's package python3-venv"
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends python3-venv >/dev/null
}

pip_install() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }

# The index that torch was last taken from stays in force until another one is named.
torch_index() { echo "${COLORMAPPER_TORCH_INDEX:-$(cat "$venv/torch-index" 2>/dev/null || true)}"; }

# From an index of its own if one is named; its other packages come from the ordinary one.
torch_comes_first() {
    local index pins
    [[ $1 == requirements.txt ]] || return 0
    index=$(torch_index)
    if [[ -z $index ]]; then
        say "this fetches about 3 GB for NVIDIA cards and takes some minutes; a machine without" \
            "such a card needs less with COLORMAPPER_TORCH_INDEX (docs/settings.md)"
        return 0
    fi
    say "taking torch and torchvision from $index"
    mapfile -t pins < <(grep -E '^(torch|torchvision)==' requirements.txt)
    pip_install --force-reinstall --no-deps --index-url "$index" "${pins[@]}" &&
        echo "$index" >"$venv/torch-index"
}

fingerprint() { { cat "$1" && torch_index && "$python" --version; } | sha256sum; }

install() {
    local file=$1 stamp=$venv/installed-$1
    [[ $(fingerprint "$file") == "$(cat "$stamp" 2>/dev/null || true)" ]] && return
    touch "$unfinished"
    say "installing the Python packages that $file names"
    if ! { torch_comes_first "$file" && pip_install --requirement "$file"; }; then
        rm "$unfinished" # pip gave up by itself: what it had installed can be built upon
        exit 1
    fi
    fingerprint "$file" >"$stamp"
    rm "$unfinished"
}

trap '[[ $? -eq 0 ]] || fail "it ended too early, see above; the same command tries again"' EXIT
trap 'exit 130' INT
wait_for_turn
venv_stands || make_venv
for file in "$@"; do
    install "$file"
done
"$python" scripts/vendor.py
