#!/bin/sh
# Installs one-tproxy on a hypervisor from the folder that this script is in; upgrades it; removes it. Whatever it does is
# a line on standard output, and running it again does only what is missing.
#
# Everything that could make it stop is looked at before anything is changed.
set -eu
umask 022
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

usage() {
  cat >&2 <<'END'
Usage: ./install.sh [--prefix DIR] [--drop-in | --hooks | --full]
       ./install.sh [--prefix DIR] --remove

  --prefix DIR  where the programs go; /opt/one-tproxy unless told
  --drop-in     in place of the driver's own proxies: /var/tmp/one/vnm/tproxy
  --hooks       the same, and hooks of the network drivers that set bridges up
  --full        the same, and in place of what the driver does to set bridges up: /var/tmp/one/vnm/tproxy.rb
  --remove      everything away again, and back what was in its place

Without one of the three, an upgrade keeps what there is. docs/opennebula.md says which to take.
END
  exit 2
}

die() {
  printf 'install.sh: error: %s\n' "$*" >&2
  exit 1
}

say() {
  printf '%s\n' "$*"
}

DEFAULT_PREFIX=/opt/one-tproxy
# The network drivers' folder on a hypervisor, as "onehost sync" makes it, and the drivers that use Linux bridges.
VNM=/var/tmp/one/vnm
DRIVERS='bridge fw ebtables 802.1Q vxlan'
UNIT=/etc/systemd/system/one-tproxy.service
LOGROTATE=/etc/logrotate.d/one-tproxy
SUDOERS=/etc/sudoers.d/one-tproxy
# A comment in each of our files outside the prefix. A file without it is somebody else's.
MARK='Installed by one-tproxy'

here=$(dirname "$(readlink -f -- "$0")")
prefix=$DEFAULT_PREFIX
mode=
action=install

read_arguments() {
  while test $# -gt 0; do
    case $1 in
      --prefix) test $# -gt 1 || usage; prefix=$2; shift ;;
      --prefix=*) prefix=${1#--prefix=} ;;
      --drop-in | --hooks | --full) test -z "$mode" || usage; mode=${1#--} ;;
      --remove) action=remove ;;
      *) usage ;;
    esac
    shift
  done
  test "$action" = install || test -z "$mode" || usage
}

# --- what has to be so before anything is changed -------------------------------------------------------------------

check_machine() {
  test "$(id -u)" = 0 || die 'only root can install it; run it with sudo'
  test "$(uname -sm)" = 'Linux x86_64' || die "this is $(uname -sm), and these programs are for Linux x86_64"
}

# The product names the same paths in lib/programs.ts.
check_programs() {
  for program in ip:iproute2 nft:nftables sysctl:procps; do
    check_program "/usr/sbin/${program%:*}" "${program#*:}"
  done
  for program in getent:libc-bin kill:procps ps:procps setpriv:util-linux; do
    check_program "/usr/bin/${program%:*}" "${program#*:}"
  done
}

check_program() {
  test -x "$1" || die "$1 is not there; install it, for example with \"apt-get install $2\""
}

# The programs run as root, so nobody else may be able to put others in their place.
check_prefix() {
  case $prefix in
    / | /*[!A-Za-z0-9._/-]* | [!/]* | '') die "\"$prefix\" can't be the prefix; use an absolute path of letters, digits, \"_\", \".\", \"-\" and \"/\"" ;;
  esac
  real=$(readlink -m -- "$prefix")
  test "$real" = "$prefix" || die "$prefix leads to $real; give that as the prefix"
  folder=$prefix
  while :; do
    if test -e "$folder"; then
      test -d "$folder" || die "$folder is no folder"
      test "$(stat -c %u "$folder")" = 0 || die "$folder is not root's, so its owner could replace the programs"
      test -z "$(find "$folder" -maxdepth 0 -perm /022)" || die "others than root may write to $folder"
    fi
    test "$folder" != / || break
    folder=$(dirname "$folder")
  done
  test -d "$prefix" || return 0
  for name in $(ls -A "$prefix"); do
    case $name in
      bin | current | versions | kept | mode | .current) ;;
      *) die "$prefix/$name is not ours; choose another prefix, or move it away" ;;
    esac
  done
  bad=$(find "$prefix" -path "$prefix/kept" -prune -o \( ! -user 0 -o -perm /022 ! -type l \) -print | head -n 1)
  test -z "$bad" || die "$bad is not root's alone; remove it, and install again"
}

check_tree() {
  test -f "$here/SHA256SUMS" || die "$here/SHA256SUMS is missing; unpack the whole archive, and run install.sh from there"
  bad=$(sed 's/^[0-9a-f]\{64\}  //' "$here/SHA256SUMS" | grep -E '^/|(^|/)\.\.(/|$)|[^A-Za-z0-9._/+-]' | head -n 1)
  test -z "$bad" || die "$here/SHA256SUMS names \"$bad\", which is no file of ours"
  is_intact "$here" || die "the files in $here are not those of SHA256SUMS; get the archive again"
}

is_intact() {
  (cd "$1" && sha256sum --check --strict --status SHA256SUMS)
}

is_ours() {
  grep -q "$MARK" "$1" 2>/dev/null
}

# Files that only we have a reason to make. Those of the driver are kept instead, see put_instead.
check_foreign() {
  for file in "$UNIT" "$LOGROTATE" "$SUDOERS" $(hook_files); do
    if test -e "$file" || test -L "$file"; then
      is_ours "$file" || die "$file is not ours; move it away"
    fi
  done
}

hook_files() {
  for driver in $DRIVERS; do
    for hook in pre clean; do
      test ! -d "$VNM/$driver" || printf '%s ' "$VNM/$driver/$hook.d/one-tproxy"
    done
  done
}

# --- the programs ---------------------------------------------------------------------------------------------------

# Beside the version that is there, and then in its place by one rename: whoever starts a program meanwhile finds the
# whole old one or the whole new one. The old one stays until the next upgrade, for whoever has started it already.
install_programs() {
  version=$(sed -n '/"component"/,/}/s/.*"version": *"\([0-9A-Za-z.+-]*\)".*/\1/p' "$here/sbom.json" | head -n 1)
  name=${version:-unknown}-$(sha256sum "$here/SHA256SUMS" | cut -c 1-12)
  tree=$prefix/versions/$name
  before=$(readlink "$prefix/current" 2>/dev/null || :)
  if test -d "$tree" && is_intact "$tree"; then
    say "$tree is there"
  else
    say "Copying to $tree"
    incoming=$prefix/versions/.incoming
    rm -rf "$incoming"
    mkdir -p "$incoming"
    copy_tree "$incoming"
    is_intact "$incoming" || die "the copy in $incoming is not what was copied; look at the disk"
    "$incoming/lib/deno" --version >/dev/null || die "$incoming/lib/deno does not run here; see the line above"
    rm -rf "$tree"
    mv -T "$incoming" "$tree"
  fi
  mkdir -p "$prefix/bin"
  for program in tproxy tproxy-setup; do link "../current/bin/$program" "$prefix/bin/$program"; done
  link "versions/$name" "$prefix/current"
  test "$before" = "versions/$name" || prune "$name" "${before#versions/}"
}

copy_tree() {
  install -m 0644 "$here/SHA256SUMS" "$1/SHA256SUMS"
  sed 's/^[0-9a-f]\{64\}  //' "$here/SHA256SUMS" | while read -r file; do
    if test -x "$here/$file"; then permissions=0755; else permissions=0644; fi
    install -D -m "$permissions" -- "$here/$file" "$1/$file"
  done
}

link() {
  test "$(readlink "$2" 2>/dev/null)" != "$1" || return 0
  say "Linking $2 to $1"
  ln -sfn "$1" "$prefix/.current"
  mv -fT "$prefix/.current" "$2"
}

prune() {
  for folder in "$prefix/versions"/*; do
    case ${folder##*/} in
      "$1" | "$2") ;;
      *) say "Removing the old $folder"; rm -rf "$folder" ;;
    esac
  done
}

# --- files elsewhere ------------------------------------------------------------------------------------------------

# put SOURCE FILE MODE [OWNER]: SOURCE of share/, with our prefix, becomes FILE. One that is the same already stays.
put() {
  new=$(dirname "$2")/.one-tproxy.dpkg-new
  sed "s|$DEFAULT_PREFIX|$prefix|g" "$here/share/$1" >"$new"
  chmod "$3" "$new"
  chown "${4:-0:0}" "$new"
  if cmp -s "$new" "$2" && test "$(stat -c '%a %u:%g' "$new")" = "$(stat -c '%a %u:%g' "$2")"; then
    rm "$new"
  else
    say "Writing $2"
    mv -fT "$new" "$2"
  fi
}

# put_instead SOURCE FILE MODE: the same, but keeps what somebody else has put there, for when we are gone.
put_instead() {
  if test -e "$2" && ! is_ours "$2"; then
    say "Keeping $2 in $prefix/kept"
    mkdir -p -m 0700 "$prefix/kept"
    cp -p -- "$2" "$prefix/kept/${2##*/}"
  fi
  put "$1" "$2" "$3" "$(stat -c %u:%g "$VNM")"
}

# take_away FILE: removes a file if it is ours, and puts back what was there before.
take_away() {
  kept=$prefix/kept/${1##*/}
  if is_ours "$1"; then
    if test -e "$kept"; then
      say "Putting back $1"
      mv -fT "$kept" "$1"
    else
      say "Removing $1"
      rm "$1"
    fi
  fi
  rm -f "$kept"
  test ! -d "$prefix/kept" || rmdir --ignore-fail-on-non-empty "$prefix/kept"
}

integrate() {
  test -n "$mode" || mode=$(cat "$prefix/mode" 2>/dev/null || :)
  if test -z "$mode"; then
    say 'Not calling it from OpenNebula: run this again with --drop-in, --hooks or --full for that'
    return 0
  fi
  printf '%s\n' "$mode" | cmp -s - "$prefix/mode" || printf '%s\n' "$mode" >"$prefix/mode"
  test "$mode" = full || take_away "$VNM/tproxy.rb"
  test "$mode" = hooks || remove_hooks
  case $mode in drop-in) take_away "$SUDOERS" ;; *) put_sudoers ;; esac
  if ! test -d "$VNM"; then
    say "There is no $VNM yet: \"onehost sync\" brings it, with our files in it if the front-end has them"
    return 0
  fi
  replace_proxies
  if test "$mode" = full; then put_instead full/tproxy.rb "$VNM/tproxy.rb" 0644; fi
  if test "$mode" = hooks; then put_hooks; fi
}

# The proxies of another implementation hold the ports that ours listen on, so they have to go first.
replace_proxies() {
  if test -x "$VNM/tproxy" && ! is_ours "$VNM/tproxy"; then
    say "Stopping the driver's own proxies: $VNM/tproxy stop"
    "$VNM/tproxy" stop || die "$VNM/tproxy stop failed; stop these proxies by hand, and run this again"
    put_instead drop-in/tproxy "$VNM/tproxy" 0755
    say "Starting ours: $VNM/tproxy start"
    "$VNM/tproxy" start
  else
    put_instead drop-in/tproxy "$VNM/tproxy" 0755
  fi
}

put_sudoers() {
  if ! test -d "${SUDOERS%/*}"; then
    say "There is no ${SUDOERS%/*}: let oneadmin run what $here/share/$mode/sudoers lists as root by other means"
    return 0
  fi
  put "$mode/sudoers" "$SUDOERS" 0440
}

put_hooks() {
  for file in $(hook_files); do
    folder=${file%/*}
    test -d "$folder" || install -d -m 0755 -o "$(stat -c %u "$VNM")" -g "$(stat -c %g "$VNM")" "$folder"
    hook=${folder##*/}
    put "hooks/${hook%.d}" "$file" 0755 "$(stat -c %u:%g "$VNM")"
  done
}

remove_hooks() {
  for file in $(hook_files); do
    if is_ours "$file"; then
      take_away "$file"
      rmdir --ignore-fail-on-non-empty "${file%/*}"
    fi
  done
}

# --- what runs ------------------------------------------------------------------------------------------------------

has_systemd() {
  test -d /run/systemd/system
}

install_service() {
  if test -d "${LOGROTATE%/*}"; then put logrotate "$LOGROTATE" 0644; fi
  if test -d "${UNIT%/*}"; then put one-tproxy.service "$UNIT" 0644; fi
  if has_systemd; then
    say 'Starting the supervision: systemctl enable, restart one-tproxy'
    systemctl daemon-reload
    systemctl --quiet enable one-tproxy
    systemctl restart one-tproxy
  else
    say "systemd does not run here: let another supervisor run \"$prefix/bin/tproxy watch\""
  fi
}

# Live streams go on in the old proxies to their end.
restart_proxies() {
  test "$before" != "versions/$name" || return 0
  code=0
  "$prefix/bin/tproxy" status >/dev/null 2>&1 || code=$?
  case $code in
    0 | 4)
      say 'Replacing the proxies that run; live streams go on in the old ones: tproxy restart'
      "$prefix/bin/tproxy" restart
      ;;
  esac
}

remove() {
  if has_systemd && test -e "$UNIT"; then
    say 'Ending the supervision: systemctl disable --now one-tproxy'
    systemctl --quiet disable --now one-tproxy
  fi
  if test -x "$prefix/bin/tproxy"; then
    say 'Stopping the proxies: tproxy stop'
    "$prefix/bin/tproxy" stop
    # Only our setup makes this chain; what the driver made is the driver's to take down.
    for bridge in $(nft list table bridge one_tproxy 2>/dev/null | sed -n 's/^.*chain guard_\([^ ]*\) {$/\1/p'); do
      say "Taking down $bridge: tproxy-setup down --bridge $bridge"
      "$prefix/bin/tproxy-setup" down --bridge "$bridge"
    done
  fi
  if is_ours "$VNM/tproxy" && test -e "$prefix/kept/tproxy"; then theirs=yes; else theirs=; fi
  remove_hooks
  for file in "$VNM/tproxy.rb" "$VNM/tproxy" "$SUDOERS" "$LOGROTATE" "$UNIT"; do take_away "$file"; done
  if has_systemd; then systemctl daemon-reload; fi
  for folder in /run/one_tproxy "$prefix"; do
    if test -e "$folder"; then
      say "Removing $folder"
      rm -rf "$folder"
    fi
  done
  if test -n "$theirs"; then
    say "Starting the driver's own proxies: $VNM/tproxy start"
    "$VNM/tproxy" start
  fi
  say 'Keeping /var/log/one_tproxy*.log'
}

main() {
  read_arguments "$@"
  check_machine
  check_prefix
  if test "$action" = remove; then
    remove
    return
  fi
  check_tree
  check_programs
  check_foreign
  install_programs
  integrate
  install_service
  restart_proxies
  say "Done: $("$prefix/bin/tproxy" --help >/dev/null && echo "$prefix/bin/tproxy, $name")"
}

# The last line, so that the shell has read all of it before it does anything: an upgrade or a removal may replace it.
main "$@"
