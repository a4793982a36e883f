# shellcheck shell=sh disable=SC2034,SC2154
# The programs, below the prefix. Part of install.sh.
#
# Each version has a folder, PREFIX/versions/VERSION-DIGEST, and PREFIX/current leads to the one in use. A new version is copied
# beside the others and takes its place by one rename, so that a program that is started meanwhile is wholly old or wholly new.
# The version before stays until the next upgrade, since programs may have it open.

install_programs() {
  version=$(sed -n '/"component"/,/"licenses"/s/.*"version": *"\([0-9A-Za-z.+-]*\)".*/\1/p' "$here/sbom.json")
  name=$version-$(sha256sum <"$here/SHA256SUMS" | cut -c 1-12)
  before=$(readlink "$prefix/current" 2>/dev/null || :)
  if is_intact "$prefix/versions/$name"; then
    say "$prefix/versions/$name is there"
  else
    copy_tree "$prefix/versions/$name"
  fi
  test -d "$prefix/bin" || mkdir "$prefix/bin"
  for program in tproxy tproxy-setup; do link "../current/bin/$program" "$prefix/bin/$program"; done
  link "versions/$name" "$prefix/current"
  if test "$before" != "versions/$name"; then remove_old_versions; fi
}

copy_tree() {
  say "Copying to $1"
  mkdir -p "$prefix/versions"
  rm -rf "$prefix/.new"
  mkdir "$prefix/.new"
  install -m 0644 "$here/SHA256SUMS" "$prefix/.new/SHA256SUMS"
  listed_files "$here" | while read -r file; do
    take_file "$file"
  done
  is_intact "$prefix/.new" || die "the copy in $prefix/.new differs from $here; look at the disk"
  "$prefix/.new/bin/tproxy" --help >/dev/null || die "$prefix/.new/bin/tproxy does not run here; see the line above"
  rm -rf "$1"
  mv -T "$prefix/.new" "$1"
}

# A package's files are root's, have their modes and are replaced by renames, so another name for each is enough.
take_file() {
  if test "$packaged" = yes; then
    mkdir -p "$(dirname "$prefix/.new/$1")"
    ln -- "$here/$1" "$prefix/.new/$1"
    return
  fi
  if test -x "$here/$1"; then permissions=0755; else permissions=0644; fi
  install -D -m "$permissions" -- "$here/$1" "$prefix/.new/$1"
}

link() {
  test "$(readlink "$2" 2>/dev/null)" != "$1" || return 0
  say "Linking $2 to $1"
  rm -rf "$prefix/.new"
  ln -s "$1" "$prefix/.new"
  mv -fT "$prefix/.new" "$2"
}

remove_old_versions() {
  for folder in "$prefix/versions"/*; do
    case versions/${folder##*/} in
      "versions/$name" | "$before") ;;
      *)
        say "Removing $folder"
        rm -rf "$folder"
        ;;
    esac
  done
}
