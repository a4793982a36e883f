# shellcheck shell=sh disable=SC2034,SC2154
# Metrics for node_exporter: the timer that has them written. Part of install.sh.

# An upgrade keeps the folder that an installation before was told.
find_metrics() {
  if test -z "$metrics" && is_ours "$METRICS_UNIT"; then metrics=$(sed -n 's/^ExecStart=.* --textfile //p' "$METRICS_UNIT"); fi
  test -n "$metrics" || return 0
  case $metrics in
    [!/]* | *[!A-Za-z0-9._/-]*)
      die "\"$metrics\" can't be the folder for metrics; use an absolute path of letters, digits, \"_\", \".\", \"-\" and \"/\""
      ;;
  esac
  test -d "$metrics" || die "$metrics is no folder; name with --metrics what node_exporter has as --collector.textfile.directory"
}

install_metrics() {
  if test -z "$metrics"; then
    test ! -d "$DEFAULT_METRICS" || say "node_exporter is here: run this again with --metrics $DEFAULT_METRICS for metrics"
    return 0
  fi
  if ! has_systemd; then
    say "systemd does not run here: let what does run \"$command metrics --textfile $metrics\" every minute"
    return 0
  fi
  start_timer one-tproxy-metrics "Having metrics written to $metrics every minute"
}

end_metrics() {
  is_ours "$METRICS_UNIT" || return 0
  folder=$(sed -n 's/^ExecStart=.* --textfile //p' "$METRICS_UNIT")
  end_timer one-tproxy-metrics 'Ending the metrics'
  for file in one_tproxy.prom one_tproxy.prom.new; do
    if test -f "$folder/$file"; then
      # The folder may be somebody else's, and a link in it must not lead root elsewhere.
      setpriv --reuid="$(stat -c %u "$folder")" --regid="$(stat -c %g "$folder")" --clear-groups rm -f -- "$folder/$file"
    fi
  done
}
