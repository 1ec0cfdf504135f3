#!/bin/sh
# Install the Debian packages that are missing.  Usage: tools/deps.sh GROUP...
# Groups: build (compile and run), test, bench, fuzz, format.
# Nothing is asked of the network when nothing is missing.
set -eu

packages() {
	case $1 in
	build) echo gcc libc6-dev meson ninja-build pkg-config libyaml-dev libssl-dev libsodium-dev \
		libsqlite3-dev libjansson-dev libc-ares-dev libmaxminddb-dev ;;
	test) echo python3 clang libcmocka-dev baresip-core kamailio kamailio-extra-modules sip-tester \
		sox nftables iproute2 procps sqlite3 libosip2-dev libsofia-sip-ua-dev spin ;;
	bench) echo python3 kamailio kamailio-cnxcc-modules kamailio-geoip2-modules sip-tester \
		rtpengine-daemon iproute2 procps ;;
	fuzz) echo clang libclang-rt-14-dev llvm lld libosip2-dev libsofia-sip-ua-dev ;;
	format) echo clang-format clang-tidy cppcheck ;;
	*) echo "$0: no group $1; there are build, test, bench, fuzz, format" >&2; exit 2 ;;
	esac
}

[ $# -gt 0 ] || { echo "usage: $0 GROUP..." >&2; exit 2; }
wanted=
for group; do
	list=$(packages "$group")
	wanted="$wanted $list"
done

command -v dpkg-query >/dev/null 2>&1 || {
	echo "$0: not a Debian system; please see to these packages or their like:$wanted" >&2
	exit 0
}
missing=
for package in $wanted; do
	case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
	installed*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root="sudo -n"
	# a person may be asked for the password, a job may not
	[ -t 0 ] && as_root=sudo
	command -v sudo >/dev/null 2>&1 && $as_root true || {
		echo "$0: neither root nor sudo.  Please run as root: apt-get install$missing" >&2
		exit 1
	}
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # words are wanted
install() {
	$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $missing
}
# the package lists of a fresh machine are empty or old
install || { $as_root apt-get update -q && install; } || {
	echo "$0: apt-get could not install:$missing" >&2
	exit 1
}
