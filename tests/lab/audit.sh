#!/bin/bash
# Has programs of ours write down what they ask for. It stands in the place of setpriv, by which proxies are started; of env, by
# which launchers start our programs; and of each program of the system that ours run. The lab runs a program of the checkout by
# `bash audit.sh PROGRAM COMMAND`. For each run of ours it makes a folder with these files: "program" and "args"; "asks", which
# Deno writes; "runs", the programs that it has run. See audit.ts.
# bash, since dash would unblock the signal that a proxy is started with blocked.
folder=/run/audit
name=${0##*/}

# A proxy writes into its folder as its own user. Where there can be no folder, the program runs all the same.
begin() {
  run=$(mktemp -d "$folder/run.XXXXXXXXXX" 2>/dev/null) && chmod 777 "$run" || return
  basename -- "$1" .js >"$run/program"
  shift
  printf '%s\n' "$@" >"$run/args"
  export "DENO_AUDIT_PERMISSIONS=$run/asks"
}

if test "$name" = audit.sh; then
  begin "$@"
  shift
  exec "$@"
fi

# A launcher clears the environment.
if test "$name ${1-}" = "env -i"; then
  for argument do
    case $argument in /*/lib/*.js)
      begin "$argument" "$@" || break
      shift
      exec "$folder/real/env" -i "DENO_AUDIT_PERMISSIONS=$DENO_AUDIT_PERMISSIONS" "$@"
    esac
  done
fi

# One of these programs replaces itself by the next, which our program does not run itself.
if test -z "${AUDITED-}"; then
  export AUDITED=1
  asks=$(cat "/proc/$PPID/environ" 2>/dev/null | tr '\0' '\n' | sed -n 's/^DENO_AUDIT_PERMISSIONS=//p')
  test -z "$asks" || printf '%s\n' "$0" >>"${asks%/*}/runs"
  # A proxy gets its runtime as descriptor 3, and itself as descriptor 0.
  case " $* " in *" /proc/self/fd/3 "*)
    script=$(readlink "/proc/$$/fd/0")
    # In the place of a proxy, a fixture tries what it must not do.
    case $script in */tests/fixtures/*) ;; *) begin "$script" "$@" ;; esac
  esac
fi
exec "$folder/real/$name" "$@"
