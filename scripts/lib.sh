# shellcheck shell=bash
# What the scripts share. Sourced, never run.

cache="${HOME:?}/.cache/chamada"
export cache PATH="$cache/tools/bin:$PATH"

say() { printf '\n== %s\n' "$*" >&2; }

die() {
  printf 'chamada: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Whether version $1 is at least version $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Runs a command as root: as it is for root, through sudo otherwise. Fails where neither is possible.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Whether as_root can work: root, or a sudo that needs no password or has a terminal to ask for it.
can_be_root() {
  [ "$(id -u)" -eq 0 ] || { have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}

# Installs Debian packages, or prints the one line that does it and stops.
apt_install() {
  [ $# -gt 0 ] || return 0
  have apt-get || die "needed and not here: $*. This is no Debian: install what these packages are called on your system, then try again."
  if ! can_be_root; then
    printf 'Some packages are missing, and installing them needs root. Run this line, then try again:\n\n' >&2
    printf '  apt-get update && apt-get install -y --no-install-recommends %s\n\n' "$*" >&2
    exit 1
  fi
  say "installing $*"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}
