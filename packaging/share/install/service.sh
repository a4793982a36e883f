# shellcheck shell=sh disable=SC2034,SC2154
# Starting and stopping the watch and the proxies. Part of install.sh.

# Whoever has disabled or masked a package's unit does not want it back with each upgrade. "before" is the version before.
is_unwanted() {
  test "$packaged" = yes && test -n "$before" && ! systemctl --quiet is-enabled one-tproxy
}

# sd_booted(3)
has_systemd() {
  test -d /run/systemd/system
}

install_service() {
  if test -d "${LOGROTATE%/*}"; then put logrotate "$LOGROTATE"; fi
  old=$(cat "$UNIT" 2>/dev/null || :)
  if test -d "${UNIT%/*}" && test "$packaged" = no; then put one-tproxy.service "$UNIT"; fi
  if command -v systemctl >/dev/null && is_unwanted; then
    say 'The supervision stays off, as it is: "systemctl enable --now one-tproxy" starts it'
    return 0
  fi
  if ! has_systemd; then
    if test "$packaged" = yes && command -v systemctl >/dev/null; then
      say 'The supervision starts with the system: systemctl enable one-tproxy'
      systemctl --quiet enable one-tproxy
      return 0
    fi
    say "systemd does not run here: let what does run \"$command watch\", and start that anew after an upgrade"
    return 0
  fi
  systemctl --quiet is-enabled one-tproxy || systemctl --quiet enable one-tproxy
  if test "$old" = "$(cat "$UNIT")" && is_this_version "$(systemctl show --property=MainPID --value one-tproxy)"; then return 0; fi
  say 'Starting the supervision anew: systemctl restart one-tproxy'
  systemctl daemon-reload
  systemctl restart one-tproxy
}

# start_timer SOURCE WHAT: writes a timer and its service of share/, and starts it, unless that is done. Whoever has disabled it
# does not want it back with each upgrade.
start_timer() {
  timer=${1##*/}
  set -- "$1" "$2" "/etc/systemd/system/$timer.service" "/etc/systemd/system/$timer.timer"
  old=$(cat "$4" "$3" 2>/dev/null) || :
  put "$1.service" "$3"
  if test ! -e "$4"; then wanted=yes; elif systemctl --quiet is-enabled "$timer.timer"; then wanted=yes; else wanted=no; fi
  put "$1.timer" "$4"
  if test "$old" != "$(cat "$4" "$3")"; then systemctl daemon-reload; fi
  if test "$wanted" = no; then
    say "$timer.timer stays off, as it is: \"systemctl enable --now $timer.timer\" starts it"
    return 0
  fi
  if test "$old" = "$(cat "$4" "$3")" && systemctl --quiet is-active "$timer.timer"; then return 0; fi
  say "$2: systemctl enable --now $timer.timer"
  if systemctl --quiet enable --now "$timer.timer"; then return 0; fi
  # Without the file, the next run does not take it for one that somebody has disabled.
  rm -f "$4"
  die "$timer.timer can't be started, see the line above; run this again then"
}

# end_timer NAME WHAT: ends such a timer, and removes both files.
end_timer() {
  set -- "$1" "$2" "/etc/systemd/system/$1.timer" "/etc/systemd/system/$1.service"
  if has_systemd && is_ours "$3"; then
    say "$2: systemctl disable --now $1.timer"
    systemctl --quiet disable --now "$1.timer"
    systemctl --quiet stop "$1.service"
  fi
  take_away "$3"
  take_away "$4"
}

# The processes that run are looked at, so that the next run completes an upgrade that was interrupted.
is_this_version() {
  case $(readlink "/proc/$1/exe") in "$prefix/versions/$name/"*) return 0 ;; *) return 1 ;; esac
}

restart_proxies() {
  for pid in $("$prefix/bin/tproxy" status 2>/dev/null | sed -n 's/^one_tproxy.*: //p'); do
    if ! is_this_version "$pid"; then
      say 'Replacing the proxies; live streams go on in the old ones: tproxy restart'
      "$prefix/bin/tproxy" restart 9<&- || die "tproxy restart failed; see the line above"
      return
    fi
  done
}

end_service() {
  if has_systemd && is_ours "$UNIT"; then
    say 'Ending the supervision: systemctl disable --now one-tproxy'
    systemctl --quiet disable --now one-tproxy
  elif test "$packaged" = yes && command -v systemctl >/dev/null; then
    systemctl --quiet disable one-tproxy
  fi
  take_away "$LOGROTATE"
  if test "$packaged" = no; then take_away "$UNIT"; fi
  if has_systemd; then systemctl daemon-reload; fi
}
