#!/usr/bin/env bash
# Makes build/package/noroshi-<version>-<architecture>.tar.gz and noroshi_<version>_<architecture>.deb from
# build/release/noroshi. The binary carries the web client, the messages and data/; libraries come from Debian.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
binary=build/release/noroshi
[ -x "$binary" ] || { echo "package: $binary was not built" >&2; exit 1; }

version=$(sed -n 's/^project(noroshi VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
out="$root/build/package"
rm -rf "$out"
tree="$out/tree"
mkdir -p "$tree"
# The same files give the same packages: times are those of the last commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y "$binary")
export SOURCE_DATE_EPOCH

install -Dm755 "$binary" "$tree/usr/bin/noroshi"
llvm-strip-19 --strip-unneeded "$tree/usr/bin/noroshi"
if [ -x build/release/noroshi-agent ]; then
    install -Dm755 build/release/noroshi-agent "$tree/usr/bin/noroshi-agent"
    llvm-strip-19 --strip-unneeded "$tree/usr/bin/noroshi-agent"
fi
install -Dm644 packaging/noroshi.service "$tree/lib/systemd/system/noroshi.service"
install -Dm640 packaging/noroshi.env "$tree/etc/noroshi/noroshi.env"
install -Dm644 LICENSE "$tree/usr/share/doc/noroshi/copyright"
for document in README.md README.ja.md docs/operations.md docs/security.md; do
    [ ! -f "$document" ] || install -Dm644 "$document" "$tree/usr/share/doc/noroshi/$(basename "$document")"
done

find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    --transform "s,^\.,noroshi-$version," -C "$tree" -cf - . | gzip -9n >"$out/noroshi-$version-$architecture.tar.gz"

# dpkg-shlibdeps names the library packages from what the binary really links; it wants a debian/control beside it.
mkdir -p "$out/debian" "$tree/DEBIAN"
printf 'Source: noroshi\n\nPackage: noroshi\nArchitecture: any\n' >"$out/debian/control"
libraries=$(cd "$out" && dpkg-shlibdeps -O --ignore-missing-info -e tree/usr/bin/noroshi 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
cat >"$tree/DEBIAN/control" <<END
Package: noroshi
Version: $version
Architecture: $architecture
Maintainer: Noroshi <noroshi@localhost>
Section: net
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f1)
Depends: ${libraries:+$libraries, }tzdata, ca-certificates, passwd
Recommends: fonts-noto-cjk
Description: port cyber-incident response
 One journal for a port and its terminals: alarm, chronology, reports, notices
 and drills, after the guideline of Japan's transport ministry for port managers.
END
echo /etc/noroshi/noroshi.env >"$tree/DEBIAN/conffiles"
install -m755 packaging/postinst packaging/prerm "$tree/DEBIAN/"
dpkg-deb --root-owner-group --build "$tree" "$out/noroshi_${version}_${architecture}.deb" >/dev/null
rm -rf "$tree" "$out/debian"
ls -l "$out" | awk 'NR > 1 { print $9, $5 " bytes" }'
