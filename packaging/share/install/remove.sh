# shellcheck shell=sh disable=SC2034,SC2154
# Removing one-tproxy. Part of install.sh.

# OpenNebula does not call it. Nobody else would serve the bridges that were set up by hand, or take them down.
take_down() {
  if ! test -x "$prefix/bin/tproxy"; then return 0; fi
  say 'Stopping the proxies: tproxy stop'
  "$prefix/bin/tproxy" stop 9<&- || die 'tproxy stop failed; see the line above'
  # Only our own setup makes this chain.
  for bridge in $(nft list table bridge one_tproxy 2>/dev/null | sed -n 's/^\tchain guard_\(.*\) {$/\1/p'); do
    say "Taking $bridge down: tproxy-setup down --bridge $bridge"
    "$prefix/bin/tproxy-setup" down --bridge "$bridge" 9<&- || die "$bridge can't be taken down; see the line above"
  done
}

remove_programs() {
  # A file system of its own, on which proxies that go on may still have something open.
  if mountpoint -q /run/one_tproxy/written-by-proxies; then umount --lazy /run/one_tproxy/written-by-proxies; fi
  # The package's own files are its manager's to remove.
  if test "$packaged" = yes; then
    set -- "$prefix/bin" "$prefix/current" "$prefix/versions" "$prefix/kept" "$prefix/mode" "$prefix/.new"
  else
    set -- "$prefix"
  fi
  for folder in /run/one_tproxy "$@"; do
    if test -e "$folder"; then
      say "Removing $folder"
      rm -rf "$folder"
    fi
  done
  say 'Keeping the logs: /var/log/one_tproxy*.log'
}
