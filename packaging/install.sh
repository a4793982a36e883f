#!/bin/sh
# Installs one-tproxy on a hypervisor from the folder that this script is in, upgrades it or removes it. It prints a line for
# each thing that it does, and does only what is missing. docs/install.md shows how to use it.
# shellcheck source-path=SCRIPTDIR
set -eu
umask 022
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

usage() {
  cat <<'END'
Usage: ./install.sh [--prefix DIR] [--drop-in | --hooks | --full] [--metrics DIR] [--trust FILE]
       ./install.sh [--prefix DIR] --from-remotes
       ./install.sh [--prefix DIR] --remove
       ./install.sh --help

  --prefix DIR  where the programs go; /opt/one-tproxy unless told
  --drop-in     in place of the driver's own proxies: vnm/tproxy of OpenNebula's remotes
  --hooks       the same, and hooks of the network drivers, which set bridges up
  --full        the same, and in place of what the driver sets bridges up with: vnm/tproxy.rb
  --metrics DIR where node_exporter's textfile collector reads: metrics are written there every minute
  --trust FILE  public keys: what one of them has signed is taken from OpenNebula's remotes
  --from-remotes
                take the version that "onehost sync" has brought
  --remove      everything away again, and back what was in its place; live guests go on with the driver's own proxies

Without one of the three, OpenNebula goes on as it does now. docs/opennebula.md says which one to take.
END
}

misuse() {
  usage >&2
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
# Where a package of the system has the programs: in package/ below it.
PACKAGE_PREFIX=/usr/lib/one-tproxy
UNIT=/etc/systemd/system/one-tproxy.service
# The same as a package of the system has it.
PACKAGED_UNIT=/usr/lib/systemd/system/one-tproxy.service
METRICS_UNIT=/etc/systemd/system/one-tproxy-metrics.service
METRICS_TIMER=/etc/systemd/system/one-tproxy-metrics.timer
# The folder of Debian's node_exporter, which is in the unit, too.
DEFAULT_METRICS=/var/lib/prometheus/node-exporter
LOGROTATE=/etc/logrotate.d/one-tproxy
# What "tproxy integrate" writes, whatever the way.
INTEGRATED='/etc/sudoers.d/one-tproxy /var/lib/one-remotes/vnm/tproxy /var/tmp/one/vnm/tproxy'
# Each of our files outside the prefix has this in a comment. A file without it is not ours.
MARK='Installed by one-tproxy'

here=$(dirname "$(readlink -f -- "$0")")
prefix=$DEFAULT_PREFIX
mode=
metrics=
trust=
action=install

# An installed copy of this script serves the prefix that it is in, and that of a package serves the package's.
case $here in
  */versions/*) if test -L "${here%/versions/*}/current"; then prefix=${here%/versions/*}; fi ;;
  "$PACKAGE_PREFIX"/package) prefix=$PACKAGE_PREFIX ;;
esac

while test $# -gt 0; do
  case $1 in
    --help | -h) usage; exit ;;
    --prefix) test $# -gt 1 || misuse; prefix=$2; shift ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    --drop-in | --hooks | --full) test -z "$mode" || misuse; mode=${1#--} ;;
    --metrics) test $# -gt 1 || misuse; metrics=$2; shift ;;
    --metrics=*) metrics=${1#--metrics=} ;;
    --trust) test $# -gt 1 || misuse; trust=$2; shift ;;
    --trust=*) trust=${1#--trust=} ;;
    --from-remotes) action=from-remotes ;;
    --remove) action=remove ;;
    *) misuse ;;
  esac
  shift
done
test "$action" = install || test -z "$mode$metrics$trust" || misuse

# The unit of a package comes and goes with the package.
packaged=no
command=$prefix/bin/tproxy
if test "$prefix" = "$PACKAGE_PREFIX" && test -d "$prefix/package"; then
  packaged=yes
  command=tproxy
  UNIT=$PACKAGED_UNIT
fi

# The parts are read before anything is done, since an upgrade or a removal may take their files away.
for part in check programs files service metrics remotes remove; do
  test -r "$here/share/install/$part.sh" || die "$here/share/install/$part.sh is missing; unpack the whole archive, and run install.sh there"
done
# shellcheck source=share/install/check.sh
. "$here/share/install/check.sh"
# shellcheck source=share/install/programs.sh
. "$here/share/install/programs.sh"
# shellcheck source=share/install/files.sh
. "$here/share/install/files.sh"
# shellcheck source=share/install/service.sh
. "$here/share/install/service.sh"
# shellcheck source=share/install/metrics.sh
. "$here/share/install/metrics.sh"
# shellcheck source=share/install/remotes.sh
. "$here/share/install/remotes.sh"
# shellcheck source=share/install/remove.sh
. "$here/share/install/remove.sh"

# How OpenNebula calls the programs; lib/integrate/ of the sources has it. An upgrade keeps the way.
integrate() {
  if test -n "$mode"; then
    "$prefix/bin/tproxy" integrate "--$mode" 9<&-
  else
    say "OpenNebula does not call it: \"$command integrate --drop-in\", or with --hooks or --full, is for that"
  fi
}

# One run at a time changes anything, whichever its action. The lock is not for the proxies that are started.
take_lock() {
  # "--from-remotes" runs the installer of what it has fetched, and lends it its own lock.
  if holds_folder; then return 0; fi
  mkdir -p "$prefix"
  exec 9<"$prefix"
  if ! flock -n 9; then
    say 'Waiting for another install.sh'
    flock -w 60 9 || die 'another install.sh has run for a minute; wait for its end, and run this again'
  fi
  # The other one may have removed the folder.
  take_lock
}

# Whether descriptor 9 is the folder that is there now. An image that is being made may have no /proc.
holds_folder() {
  test "$( (stat -c %d:%i - <&9) 2>/dev/null || echo closed)" = "$(stat -c %d:%i "$prefix" 2>/dev/null || echo missing)"
}

main() {
  check_machine
  if test "$action" = from-remotes; then
    take_from_remotes
    return
  fi
  check_prefix "$prefix"
  check_others
  test -n "$mode" || mode=$(cat "$prefix/mode" 2>/dev/null || :)
  if test "$action" = remove; then
    if test -d "$prefix"; then take_lock; fi
    end_metrics
    end_timer one-tproxy-remotes 'Taking nothing from the remotes any more'
    end_service
    if test -n "$mode"; then "$prefix/bin/tproxy" integrate --off 9<&-; else take_down; fi
    remove_programs
    return
  fi
  check_foreign
  check_tree
  check_integration
  check_programs
  check_trust
  find_metrics
  take_lock
  install_programs
  trust_keys
  integrate
  install_service
  install_metrics
  install_remotes
  restart_proxies
  say "Installed: $prefix/bin/tproxy, version $name"
}

main
exit
