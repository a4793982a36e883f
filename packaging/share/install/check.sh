# shellcheck shell=sh disable=SC2034,SC2154
# Checks before anything is changed. Part of install.sh.

check_machine() {
  test "$(id -u)" = 0 || die 'only root can install it; run it with sudo'
  # The header of the runtime says which machine it is for. What has no such header differs from its checksum.
  case $(od -An -tx1 -j18 -N2 "$here/lib/deno" 2>/dev/null) in
    ' 3e 00') machine=x86_64 ;;
    ' b7 00') machine=aarch64 ;;
    *) return 0 ;;
  esac
  test "$(uname -sm)" = "Linux $machine" || die "this is $(uname -sm), and the programs are for Linux $machine"
}

# The paths are those of lib/programs.ts.
check_programs() {
  for program in bridge:iproute2 ip:iproute2 nft:nftables sysctl:procps; do
    check_program "/usr/sbin/${program%:*}" "${program#*:}"
  done
  for program in getent:libc-bin kill:procps mount:mount ps:procps; do
    check_program "/usr/bin/${program%:*}" "${program#*:}"
  done
  for program in nsenter:util-linux prlimit:util-linux setpriv:util-linux unshare:util-linux; do
    check_program "/usr/bin/${program%:*}" "${program#*:}"
  done
  # For this script.
  check_program /usr/bin/flock util-linux
}

check_program() {
  test -x "$1" || die "$1 is not there; install it, for example with \"apt-get install $2\""
}

# check_prefix DIR: the programs run as root, so nobody else may be able to replace them.
check_prefix() {
  case $1 in
    / | [!/]* | '' | *[!A-Za-z0-9._/-]*)
      die "\"$1\" can't be the prefix; use an absolute path of letters, digits, \"_\", \".\", \"-\" and \"/\""
      ;;
  esac
  real=$(readlink -m -- "$1")
  test "$real" = "$1" || die "$1 is not its own real path; use $real as the prefix"
  folder=$1
  while :; do
    if test -e "$folder"; then check_folder "$folder"; fi
    test "$folder" != / || break
    folder=$(dirname "$folder")
  done
  if test -d "$1"; then check_content "$1"; fi
}

check_folder() {
  test -d "$1" || die "$1 is no folder"
  test "$(stat -c %u "$1")" = 0 || die "$1 is not root's, so its owner could replace the programs; use another prefix"
  test -z "$(find "$1" -maxdepth 0 -perm /022)" || die "others than root may write to $1; use another prefix"
}

check_content() {
  known='bin|current|versions|kept|mode|package|remotes|\.new'
  other=$(find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -vxE "$known" | head -n 1)
  test -z "$other" || die "$1/$other is not ours; use another prefix, or move it away"
  bad=$(find "$1" -path "$1/kept" -prune -o \( ! -user 0 -o -perm /022 ! -type l \) -print | head -n 1)
  test -z "$bad" || die "$bad is not root's alone; remove it, and install again"
}

# There may be one installation, since there is one of each of these files. One that names a prefix where nothing is, such as
# the front-end's that "onehost sync" has brought, is written anew.
check_others() {
  case $packaged:$here in
    yes:"$prefix"/*) ;;
    yes:*) die "$prefix is a package's; install another version of the package, or use another prefix" ;;
  esac
  # Removing an installation of the archive leaves a package alone.
  packages=$PACKAGED_UNIT
  if test "$packaged" = no && test "$action" = remove; then packages=; fi
  for file in "$UNIT" $packages "$METRICS_UNIT" "$LOGROTATE" $INTEGRATED; do
    if is_ours "$file" && ! grep -qF "$prefix/bin/" "$file"; then check_other "$file"; fi
  done
}

check_other() {
  other=$(sed -n 's|^[^#]*[ =]\(/[^ ]*\)/bin/tproxy.*|\1|p' "$1" | head -n 1)
  # oneadmin may have written that name. An installation of ours is in no such folder, and root is to type no such command.
  (check_prefix "$other") >/dev/null 2>&1 || return 0
  if test -d "$other/package"; then
    die "$1 belongs to the package one-tproxy; remove that first: \"dpkg -r one-tproxy\" or \"rpm -e one-tproxy\""
  elif test -x "$other/current/install.sh"; then
    die "$1 belongs to the installation in $other; remove that first: \"$other/current/install.sh --remove\""
  fi
}

check_foreign() {
  for file in "$UNIT" "$METRICS_UNIT" "$METRICS_TIMER" "$REMOTES_UNIT" "$REMOTES_TIMER" "$LOGROTATE"; do
    if test -e "$file" || test -L "$file"; then
      is_ours "$file" || die "$file is in the way and not ours; move it away"
    fi
  done
}

# The programs of the unpacked archive, which have just been checked, look whether their files can be put in place.
check_integration() {
  test -n "$mode" || return 0
  said=$("$here/bin/tproxy" integrate "--$mode" --dry-run 2>&1 >/dev/null) || die "${said#tproxy: error: }"
}

check_tree() {
  test -f "$here/SHA256SUMS" || die "$here/SHA256SUMS is missing; unpack the whole archive, and run install.sh there"
  bad=$(listed_files "$here" | grep -E '^/|(^|/)\.\.(/|$)|[^A-Za-z0-9._/+-]' | head -n 1)
  test -z "$bad" || die "$here/SHA256SUMS names \"$bad\", which is no file of ours; get the archive again"
  is_intact "$here" || die "the files in $here are not those of its SHA256SUMS; get the archive again"
}

listed_files() {
  sed 's/^[0-9a-f]\{64\}  //' "$1/SHA256SUMS"
}

is_intact() {
  (cd "$1" && sha256sum --check --strict --status SHA256SUMS) 2>/dev/null
}
