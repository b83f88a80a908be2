#!/usr/bin/env bash
# Runs a command with a Node that is new enough for Vite: the one on PATH, else one from npm inside build/.
#   tools/with_node.sh npm install
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

new_enough() { # Vite 8 wants ^20.19 or >=22.12
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

if ! { command -v node >/dev/null && new_enough node; }; then
    home="$root/build/node"
    if ! { [ -x "$home/node_modules/.bin/node" ] && new_enough "$home/node_modules/.bin/node"; }; then
        command -v npm >/dev/null || { echo "with_node: neither Node >= 20.19 nor npm is installed; install npm" >&2; exit 1; }
        mkdir -p "$home"
        echo '{"private":true}' >"$home/package.json"
        npm install --prefix "$home" --no-audit --no-fund --loglevel=error node@22 >&2
    fi
    export PATH="$home/node_modules/.bin:$PATH"
fi
exec "$@"
