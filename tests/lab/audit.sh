#!/bin/sh
# Stands in the place of env, by which launchers start our programs, and of each program of the system that ours run. For each
# run of ours it makes a folder with these files: "program" and "args"; "asks", which Deno writes; "runs", the programs that it
# has run. See audit.ts.
folder=/run/audit
name=${0##*/}

# A proxy writes into its folder as its own user.
begin() {
  run=$(mktemp -d "$folder/run.XXXXXXXXXX") && chmod 777 "$run" || exit 1
  basename -- "$1" .js >"$run/program"
  shift
  printf '%s\n' "$@" >"$run/args"
}

# A launcher clears the environment.
if test "$name ${1-}" = "env -i"; then
  for argument do
    case $argument in /*/lib/*.js)
      begin "$argument" "$@"
      shift
      exec "$folder/real/env" -i "DENO_AUDIT_PERMISSIONS=$run/asks" "$@"
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
    begin "$(readlink "/proc/$$/fd/0")" "$@"
    export "DENO_AUDIT_PERMISSIONS=$run/asks"
  esac
fi
exec "$folder/real/$name" "$@"
