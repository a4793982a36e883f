# shellcheck shell=sh disable=SC2034,SC2154
# Removing one-tproxy. The driver's own proxies serve live guests again, if there are such proxies. Part of install.sh.

withdraw() {
  remove_hooks
  take_away "$VNM/tproxy.rb"
  take_away "$VNM/tproxy"
  take_away "$SUDOERS"
}

# Whether OpenNebula has transparent proxies of its own, which go on with what is on the bridges.
driver_has_own() {
  for file in tproxy tproxy.rb; do
    if test -e "$prefix/kept/$file"; then return 0; fi
    if test -e "$VNM/$file" && ! is_ours "$VNM/$file"; then return 0; fi
  done
  return 1
}

# Nobody listens while the driver's proxies start. Our proxies finish their live streams.
leave_to_driver() {
  if test -x "$prefix/bin/tproxy"; then
    say 'Leaving the bridges to the driver: tproxy-setup release'
    "$prefix/bin/tproxy-setup" release || die 'tproxy-setup release failed; see the line above'
    withdraw
    say 'Our proxies take no more streams; live streams go on in them to their end'
    # Outer goes last: streams that the inners have accepted still have to get through it.
    retire 'one_tproxy_[^:]*'
    retire one_tproxy
  else
    withdraw
  fi
  if ! test -x "$VNM/tproxy"; then
    say "There is no $VNM/tproxy: guests are served again when \"onehost sync\" has brought it and a VM has been deployed"
    return 0
  fi
  say "Starting the driver's own proxies: $VNM/tproxy start"
  "$VNM/tproxy" start || say "$VNM/tproxy start failed; see the line above"
}

# retire TITLE: tells the proxies to drain, by the signal that docs/files.md names for it.
retire() {
  for pid in $(running "$1"); do kill -USR2 "$pid" || :; done
  tries=0
  while test -n "$(running "$1")"; do
    tries=$((tries + 1))
    test "$tries" -lt 50 || die "the proxies go on listening; end them with \"$prefix/bin/tproxy stop\", and run this again"
    sleep 0.2
  done
}

running() {
  "$prefix/bin/tproxy" status 2>/dev/null | sed -n "s/^$1: //p"
}

# Nobody else would serve the bridges or take them down.
take_down() {
  if test -x "$prefix/bin/tproxy"; then
    say 'Stopping the proxies: tproxy stop'
    "$prefix/bin/tproxy" stop || die 'tproxy stop failed; see the line above'
    # Only our own setup makes this chain.
    for bridge in $(nft list table bridge one_tproxy 2>/dev/null | sed -n 's/^\tchain guard_\(.*\) {$/\1/p'); do
      say "Taking $bridge down: tproxy-setup down --bridge $bridge"
      "$prefix/bin/tproxy-setup" down --bridge "$bridge" || die "$bridge can't be taken down; see the line above"
    done
  fi
  withdraw
}
