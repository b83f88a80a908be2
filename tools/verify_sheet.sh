#!/bin/sh
# verify_sheet.sh BUNDLE.zip|sheet.txt [key.pem]: checks an integrity sheet with sha256sum and openssl alone
# (docs/formats/sheet.md). key.pem: the installation's key as known from elsewhere; without it the one in the bundle.
set -eu
[ $# -ge 1 ] || { echo "usage: verify_sheet.sh BUNDLE.zip|sheet.txt [key.pem]" >&2; exit 2; }
known=""
[ $# -lt 2 ] || known=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
case "$1" in
*.zip)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    if command -v unzip >/dev/null 2>&1; then unzip -q "$1" -d "$folder"; else python3 -m zipfile -e "$1" "$folder"; fi
    ;;
*) folder=$(dirname "$1") ;;
esac
cd "$folder"
[ -n "$known" ] || known=key.pem
head -n 1 sheet.txt | grep -qx 'noroshi sheet 1'
openssl pkeyutl -verify -pubin -inkey "$known" -rawin -in sheet.txt -sigfile sheet.sig
sed '1,/^$/d' sheet.txt | sha256sum --check --strict
# Of an archive: a file that is on no sheet came in later.
if [ -n "${folder:-}" ] && [ "$folder" != "$(dirname "$1")" ]; then
    find . -type f | sed 's|^\./||' | while read -r name; do
        case "$name" in sheet.txt | sheet.sig | key.pem) continue ;; esac
        sed '1,/^$/d' sheet.txt | grep -Fq "  $name" || { echo "$name is not on the sheet" >&2; exit 1; }
    done
fi
printf 'key '
openssl pkey -pubin -in "$known" -outform DER | sha256sum
sed '/^$/,$d' sheet.txt
