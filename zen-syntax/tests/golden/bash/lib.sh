#!/usr/bin/env bash
# A library of functions.

set -euo pipefail

source ./other.sh
. "$DIR/more.sh"
source "$(dirname "$0")/computed.sh" --flag

readonly VERSION="1.0" NAME
# How many.
declare -r COUNT=3
declare -rx EXPORTED=(1 2)
declare -A table=([a]=1)
declare -i number
typeset -r OLD=1
export PATH="$PATH:/opt"
export HOME EDITOR=vi
export -f greet
export PATH="$PATH:/more"
PLAIN=1
_hidden=2
readonly _SECRET=3

# Lists.
alias ll='ls -l'
alias gs="git status" gd='git diff'
alias -p

# Greets somebody.
#
# @arg $1 string Who
# @arg $2 int How often
# @option -v | --verbose  Says more.
# @exitcode 0 If it went well.
# @exitcode 1 Otherwise.
# @stdout The greeting.
# @set GREETED int How many were
# @example
#   greet "you"
# @see shout
greet() {
  local who="$1" times=${2:-1}
  local rest=${3?missing} file=${4##*/}
  local -r fixed=1
  readonly FROM_FUNCTION=1
  declare -g GLOBAL=2
  declare inner=3
  nested() { :; }
  shout "$who" | grep x
  lib::log "$times"
  _private_call
  command ls
}

#######################################
# Shouts.
# Globals:
#   LOUDNESS
# Arguments:
#   Text to shout, a path.
# Outputs:
#   None
# Returns:
#   0 if heard, non-zero on error.
#######################################
function shout {
  echo "${1^^}"
}

# shellcheck disable=SC2034
# A subshell.
function in_subshell() (
  cd /
)

# @internal
lib::log() { echo "$@" >&2; }

# @deprecated Use greet.
_private_call() { greet; }

if [[ -n "${X:-}" ]]; then
  conditional() { :; }
fi

for x in a b; do greet "$x"; done
greet "$@"

main() {
  case "$1" in
    a) greet ;;
    *) shout "$(in_subshell)" ;;
  esac
}

main "$@"
