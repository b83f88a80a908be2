#!/usr/bin/env bash
# Runs a command beside a PostgreSQL 15 of its own, in a temporary folder, and takes it away afterwards.
#   tools/with_postgres.sh ctest --test-dir build/release
# The command finds the server in NOROSHI_TEST_POSTGRES (a libpq connection string: TCP on loopback, no password) and in
# NOROSHI_TEST_POSTGRES_SOCKET (the same server over its socket). fsync is on: tests of durability mean it.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: with_postgres.sh COMMAND…" >&2; exit 2; }

bin=/usr/lib/postgresql/15/bin
[ -x "$bin/postgres" ] || { echo "with_postgres: postgresql-15 is not installed; run ./dev install" >&2; exit 1; }

home=$(mktemp -d "${TMPDIR:-/tmp}/noroshi-pg.XXXXXX")
as_owner=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    chown postgres: "$home"
    as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi

started=0
clean() {
    [ $started = 0 ] || "${as_owner[@]}" "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap clean EXIT
trap 'exit 130' INT TERM

cd "$home"
"${as_owner[@]}" "$bin/initdb" -D "$home/data" -U noroshi -A trust -E UTF8 --locale=C.UTF-8 -N >"$home/log" 2>&1 ||
    { cat "$home/log" >&2; exit 1; }

# A free port, asked of the kernel; somebody may take it before the server does, hence the attempts.
for attempt in 1 2 3 4 5; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    if "${as_owner[@]}" "$bin/pg_ctl" -D "$home/data" -l "$home/server.log" -w -t 60 \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$home -c max_connections=200" \
        start >/dev/null 2>&1; then
        started=1
        break
    fi
done
[ $started = 1 ] || { cat "$home/server.log" >&2; echo "with_postgres: the server does not start" >&2; exit 1; }

export NOROSHI_TEST_POSTGRES="host=127.0.0.1 port=$port user=noroshi dbname=postgres"
export NOROSHI_TEST_POSTGRES_SOCKET="host=$home port=$port user=noroshi dbname=postgres"
cd "$OLDPWD"
status=0
"$@" || status=$?
exit $status
