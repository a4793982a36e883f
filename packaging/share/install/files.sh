# shellcheck shell=sh disable=SC2034,SC2154
# Writing and removing files of root's outside the prefix. Part of install.sh.

is_ours() {
  test -f "$1" && grep -qs "$MARK" "$1"
}

# put SOURCE FILE: writes a file of share/, with our prefix and the folder for metrics in it, unless it is there already.
put() {
  if render "$1" | cmp -s - "$2" && test "$(stat -c %a "$2")" = 644; then return 0; fi
  say "Writing $2"
  # logrotate and systemd ignore files of this name.
  temporary=${2%/*}/.${2##*/}.dpkg-new
  render "$1" >"$temporary"
  chmod 0644 "$temporary"
  mv -fT "$temporary" "$2"
}

render() {
  sed "s|$DEFAULT_PREFIX|$prefix|g; s|$DEFAULT_METRICS|${metrics:-$DEFAULT_METRICS}|g" "$here/share/$1"
}

# take_away FILE: removes a file of ours.
take_away() {
  is_ours "$1" || return 0
  say "Removing $1"
  rm -- "$1"
}
