# shellcheck shell=sh disable=SC2034,SC2154
# The three ways in which OpenNebula calls the programs; docs/opennebula.md describes them. Part of install.sh.

integrate() {
  test -n "$mode" || mode=$(cat "$prefix/mode" 2>/dev/null || :)
  if test -z "$mode"; then
    say 'OpenNebula does not call it: run this again with --drop-in, --hooks or --full for that'
    return 0
  fi
  # First of all, since it may fail.
  if test -d "$VNM"; then replace_proxies; fi
  test "$mode" = full || take_away "$VNM/tproxy.rb"
  test "$mode" = hooks || remove_hooks
  if test "$mode" = drop-in; then take_away "$SUDOERS"; else put_sudoers; fi
  if test "$(cat "$prefix/mode" 2>/dev/null)" != "$mode"; then
    test "$mode" != drop-in || leave_bridges
    printf '%s\n' "$mode" >"$prefix/mode"
  fi
  if ! test -d "$VNM"; then
    say "There is no $VNM yet: \"onehost sync\" brings it, and our files in it if the front-end has them"
    return 0
  fi
  if test "$mode" = full; then put_instead full/tproxy.rb "$VNM/tproxy.rb" 0644; fi
  if test "$mode" = hooks; then put_hooks; fi
}

# Other proxies hold the ports that ours listen on, so they are ended first. The driver runs that file as root, too.
replace_proxies() {
  if is_ours "$VNM/tproxy" || ! test -x "$VNM/tproxy"; then
    put_instead drop-in/tproxy "$VNM/tproxy" 0755
    return
  fi
  say "Stopping the driver's own proxies: $VNM/tproxy stop"
  "$VNM/tproxy" stop || die "$VNM/tproxy stop failed; end these proxies by hand, and run this again"
  put_instead drop-in/tproxy "$VNM/tproxy" 0755
  say "Starting ours: $VNM/tproxy start"
  "$VNM/tproxy" start || die "$VNM/tproxy start failed; see the line above"
}

# From now on the driver alone decides what is on the bridges. What setup recorded would be put back against the driver's will.
leave_bridges() {
  test -e /run/one_tproxy/setup-record.json || return 0
  say 'Leaving the bridges to the driver: tproxy-setup release'
  "$prefix/bin/tproxy-setup" release || die 'tproxy-setup release failed; see the line above'
}

put_sudoers() {
  if test -d "${SUDOERS%/*}"; then
    put "$mode/sudoers" "$SUDOERS" 0440
  else
    say "There is no ${SUDOERS%/*}: let oneadmin run as root what $prefix/current/share/$mode/sudoers lists"
  fi
}

hook_files() {
  for driver in $DRIVERS; do
    if test -d "$VNM/$driver"; then printf '%s\n' "$VNM/$driver/pre.d/one-tproxy" "$VNM/$driver/clean.d/one-tproxy"; fi
  done
}

# We list the folders that we make. Other hook folders are OpenNebula's, even if they are empty.
put_hooks() {
  for file in $(hook_files); do
    hooks=$(dirname "$file")
    if ! test -d "$hooks"; then
      as_owner "$(dirname "$hooks")" mkdir "$hooks"
      test -d "$prefix/kept" || mkdir -m 0700 "$prefix/kept"
      printf '%s\n' "$hooks" >>"$prefix/kept/folders"
    fi
    hook=${hooks##*/}
    put "hooks/${hook%.d}" "$file" 0755
  done
}

remove_hooks() {
  for file in $(hook_files); do
    if is_ours "$file"; then take_away "$file"; fi
    hooks=$(dirname "$file")
    if grep -qsxF "$hooks" "$prefix/kept/folders" && test -d "$hooks"; then
      as_owner "$(dirname "$hooks")" rmdir --ignore-fail-on-non-empty "$hooks"
    fi
  done
  rm -f "$prefix/kept/folders"
  test ! -d "$prefix/kept" || rmdir --ignore-fail-on-non-empty "$prefix/kept"
}
