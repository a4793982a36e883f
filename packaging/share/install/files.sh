# shellcheck shell=sh disable=SC2034,SC2154
# Writing, keeping and removing files outside the prefix. Part of install.sh.
#
# The drivers' folder is oneadmin's. A link in it could lead root elsewhere, so root does nothing there by path: what is done
# in a folder is done as the folder's owner.

is_ours() {
  test -f "$1" && grep -qs "$MARK" "$1"
}

as_owner() {
  owned=$1
  shift
  setpriv --reuid="$(stat -c %u "$owned")" --regid="$(stat -c %g "$owned")" --clear-groups -- "$@"
}

# put SOURCE FILE MODE: writes a file of share/, with our prefix and the folder for metrics in it, unless it is there already.
put() {
  folder=$(dirname "$2")
  if render "$1" | cmp -s - "$2" && test "$(stat -c %a "$2")" = "${3#0}"; then return 0; fi
  say "Writing $2"
  render "$1" | write "$folder" "${2##*/}" "$3"
}

render() {
  sed "s|$DEFAULT_PREFIX|$prefix|g; s|$DEFAULT_METRICS|${metrics:-$DEFAULT_METRICS}|g" "$here/share/$1"
}

# write FOLDER NAME MODE: writes standard input, by a rename. Hooks, sudo and logrotate ignore files of the temporary name.
write() {
  # shellcheck disable=SC2016
  as_owner "$1" sh -euc 'cd "$1"; n=.$2.dpkg-new; rm -f "$n"; cat >"$n"; chmod "$3" "$n"; mv -fT "$n" "$2"' sh "$@"
}

# put_instead SOURCE FILE MODE: does as put, and keeps a file that is not ours, to put it back when we are removed.
put_instead() {
  if test -e "$2" && ! is_ours "$2"; then
    test -f "$2" || die "$2 is in the way and no file; move it away"
    say "Keeping $2 in $prefix/kept"
    test -d "$prefix/kept" || mkdir -m 0700 "$prefix/kept"
    as_owner "$VNM" cat "$2" >"$prefix/kept/${2##*/}" || die "the owner of $VNM may not read $2; move it away"
    chmod "$(stat -c %a "$2")" "$prefix/kept/${2##*/}"
  fi
  put "$1" "$2" "$3"
}

# take_away FILE: removes a file of ours, and puts back what was there before.
take_away() {
  kept=$prefix/kept/${1##*/}
  if is_ours "$1"; then
    if test -e "$kept"; then
      say "Putting back $1"
      permissions=$(stat -c %a "$kept")
      write "$(dirname "$1")" "${1##*/}" "$permissions" <"$kept"
    else
      say "Removing $1"
      as_owner "$(dirname "$1")" rm -- "$1"
    fi
  fi
  test ! -e "$kept" || rm "$kept"
  test ! -d "$prefix/kept" || rmdir --ignore-fail-on-non-empty "$prefix/kept"
}
