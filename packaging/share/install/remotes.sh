# shellcheck shell=sh disable=SC2034,SC2154
# Other versions from OpenNebula's remotes, which "onehost sync" brings. Part of install.sh.
#
# The folder that they come in is oneadmin's, and what they hold runs as root. So a version is taken only if its archive is
# signed by a key that root has named. The signature is checked on a copy in a folder of root's.

# lib/remotes.ts says why the first counts as soon as it is there.
REMOTES=/var/lib/one-remotes
test -d "$REMOTES" || REMOTES=/var/tmp/one
BROUGHT=$REMOTES/vnm/one-tproxy
REMOTES_UNIT=/etc/systemd/system/one-tproxy-remotes.service
REMOTES_TIMER=/etc/systemd/system/one-tproxy-remotes.timer
# More than any archive has, in bytes.
LONGEST=268435456

# Keys of "--trust FILE", as ssh-keygen(1) wants them.
check_trust() {
  test -n "$trust" || return 0
  test "$packaged" = no || die "this installation is a package's, and its manager upgrades it; leave --trust out"
  for program in flock:util-linux ssh-keygen:openssh-client timeout:coreutils; do
    check_program "/usr/bin/${program%:*}" "${program#*:}"
  done
  keys=$(sed -nE 's/^((sk-)?(ssh|ecdsa)-[a-z0-9@.-]+ AAAA[A-Za-z0-9+/=]+).*/one-tproxy \1/p' "$trust" 2>/dev/null || :)
  test -n "$keys" || die "$trust holds no public key; name the maintainer's one-tproxy.pub"
}

# An upgrade keeps them.
trust_keys() {
  test -n "$trust" || return 0
  test -d "$prefix/remotes" || mkdir -m 0700 "$prefix/remotes"
  if test "$keys" = "$(cat "$prefix/remotes/signers" 2>/dev/null)"; then return 0; fi
  say "Taking from the remotes what a key of $trust has signed: $prefix/remotes/signers"
  printf '%s\n' "$keys" >"$prefix/remotes/.new"
  mv -fT "$prefix/remotes/.new" "$prefix/remotes/signers"
}

# Where systemd does not run, the next VM has a version taken.
install_remotes() {
  test -s "$prefix/remotes/signers" || return 0
  has_systemd || return 0
  start_timer remotes/one-tproxy-remotes 'Looking every minute what onehost sync has brought'
}

take_from_remotes() {
  store=$prefix/remotes
  test -s "$store/signers" || die "no key is trusted; run \"install.sh --trust FILE\" with the maintainer's one-tproxy.pub"
  archive=$BROUGHT/linux-$machine.tar.gz
  if ! test -e "$archive.sig"; then accept; return; fi
  signature=$(fetch "$archive.sig" 16384) || :
  test -n "$signature" || refuse unreadable "$archive.sig can't be read"
  if is_taken; then accept; return; fi
  # Whoever comes meanwhile goes on with what is installed.
  exec 9<"$prefix"
  flock -n 9 || return 0
  if is_taken || ! test -s "$store/signers"; then return 0; fi
  say "Looking at $archive"
  trap 'rm -rf "$store/new"' EXIT
  rm -rf "$store/new"
  mkdir "$store/new"
  printf '%s\n' "$signature" >"$store/new/signature"
  fetch "$archive" "$LONGEST" >"$store/new/archive" || :
  test -s "$store/new/archive" || refuse unreadable "$archive can't be read"
  ssh-keygen -Y verify -f "$store/signers" -I one-tproxy -n one-tproxy -s "$store/new/signature" \
    <"$store/new/archive" >/dev/null 2>&1 ||
    refuse unsigned "no key of $store/signers has signed $archive"
  tar --no-same-owner -xzf "$store/new/archive" -C "$store/new" || refuse damaged "$archive can't be unpacked"
  set -- "$store/new"/one-tproxy-*/install.sh
  "$1" --prefix "$prefix" || refuse uninstallable "$archive can't be installed, see the line above"
  mv -fT "$store/new/signature" "$store/taken"
  accept
}

# refuse WHY TEXT: "tproxy status" reads the first, a word that lib/health/refused_archive.ts knows.
refuse() {
  printf '%s\n' "$1" >"$store/refused" || say "$store/refused can't be written, so \"tproxy status\" does not know of this"
  die "$2; what is installed stays"
}

# Nothing is refused any more.
accept() {
  test ! -e "$store/refused" || rm -f "$store/refused"
}

is_taken() {
  test "$signature" = "$(cat "$store/taken" 2>/dev/null)"
}

# fetch FILE LIMIT: prints a file of the remotes, nothing if it can't be read. It reads as the owner of the first folder on the
# way that is not root's, who may put a link anywhere below. The owner's process could go on to write after everything has been
# looked at, or type at root's terminal, so it gets a pipe, and neither the copy, the lock nor the terminal.
fetch() {
  owner=$(stat -c '--reuid=%u --regid=%g' "$REMOTES" "$REMOTES/vnm" "$BROUGHT") || return 1
  owner=$(printf '%s\n' "$owner" | grep -m 1 -v '^--reuid=0 ') || owner='--reuid=0 --regid=0'
  # shellcheck disable=SC2086 # These are two words.
  setsid --wait setpriv $owner --clear-groups timeout 60 cat -- "$1" </dev/null 2>/dev/null 9>&- |
    timeout 60 head -c "$2" 9>&-
}
