# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
#
# What the hosts of the sample do, and when, for scripts/record-sample.

get() { # HOST CURL_ARGUMENT...
  inside "$1" curl --disable --silent --show-error --cacert "$work/cert.pem" "${@:2}" >/dev/null
}

browse() { # HOST FAMILY SITE SEED: pages to the end, each with its objects on one connection
  RANDOM=$4
  while ((SECONDS < DURATION - 3)); do
    get "$1" "$2" "$3/{index.html,style.css,logo.png}"
    sleep "$((RANDOM % 4)).$((RANDOM % 10))"
  done
}

look_up() {
  local resolver
  for resolver in 192.0.2.53 2001:db8:2::53; do
    inside bob dig "@$resolver" www.example.org A www.example.org AAAA example.org MX absent.example.org A
    inside bob dig "@$resolver" +tcp www.example.org A
    inside bob dig "@$resolver" +bufsize=1232 text.example.org TXT
    inside bob dig "@$resolver" +bufsize=4096 text.example.org TXT
  done
}

type_line() { # TEXT: at a person's pace
  local at
  for ((at = 0; at < ${#1}; at++)); do
    printf '%s' "${1:at:1}"
    sleep 0.12
  done
  printf '\n'
  sleep 0.7
}

# Silent for longer than the idle timeout: one connection that makes two flow records. The key
# exchange is one that Debian's tshark knows too.
log_in() {
  { sleep 1; type_line 'uname -s'; type_line 'ls /'; sleep 35; type_line 'echo still here'; type_line exit; } |
    inside bob ssh -F none -tt -o KexAlgorithms=curve25519-sha256 -i "$work/ssh_key" -o StrictHostKeyChecking=no \
      -o UserKnownHostsFile=/dev/null root@10.0.1.13
}

measure() {
  local ipv4=203.0.113.5 ipv6=2001:db8:2::05
  inside carol iperf3 -c $ipv4 -l 16K -n 200K
  inside carol iperf3 -c $ipv4 -l 16K -n 200K --reverse
  inside carol iperf3 -c $ipv6 -l 16K -n 100K
  inside carol iperf3 -c $ipv4 -u -l 1200 -b 400K -t 4
  inside carol iperf3 -c $ipv6 -u -l 1200 -b 400K -t 2
  inside carol iperf3 -c $ipv4 -u -l 4000 -b 400K -t 1
}

ping_large() {
  inside bob ping -c 4 -s 4000 198.51.100.80
  inside bob ping -c 4 -s 4000 2001:db8:2::80
}

get_refused() {
  local site
  for site in http://198.51.100.80:81 'http://[2001:db8:2::80]:81'; do
    ! get alice "$site" || fail "$site was not refused"
  done
}

use_tenant() {
  get hv1 'http://10.99.0.92/{index.html,style.css,logo.png}'
  get hv1 -g 'http://[2001:db8:99::92]/index.html'
  inside hv1 ping -c 5 10.99.0.92
  inside hv1 ping -c 5 2001:db8:99::92
}

join_group() {
  ip -n "$run-alice" address add 239.1.2.3/32 dev eth0 autojoin
}

converse() { # SOURCE WEB_SITE RESOLVER: from one of nomad's addresses
  inside nomad dig -b "$1" "@$3" www.example.org A
  get nomad --interface "$1" "$2/{index.html,logo.png}"
  inside nomad ping -c 2 -I "$1" "$3"
}

roam() {
  local row families
  while read -r row families; do
    [[ $families != *4* ]] || converse "10.20.$row.1" http://198.51.100.80 192.0.2.53
    [[ $families != *6* ]] || converse "2001:db8:20:$row::1" 'http://[2001:db8:2::80]' 2001:db8:2::53
  done <"$work/rows"
}

scan() {
  inside mallory nmap -n -Pn -sS -p 1-1000 --max-rate 1500 10.0.1.11 10.0.1.12 10.0.1.13
}

# Forty sources that do not exist, a hundred SYNs each in four seconds, at the server's port 80.
flood() {
  local host senders=()  # each fails for want of an answer, and none can come to it
  for host in {100..139}; do
    inside mallory hping3 --quiet --interface eth0 --syn --destport 80 --baseport "${host}00" \
      --spoof "203.0.113.$host" --count 100 --interval u40000 10.0.1.13 || true &
    senders+=($!)
  done
  wait "${senders[@]}"
}

declare -A activities=()  # process group: what it does

at() { # SECOND ACTIVITY...
  { sleep "$1"; "${@:2}"; } </dev/null >>"$work/log" 2>&1 &
  activities[$!]=${*:2}
}

traffic_run() {
  local process
  set -m  # a process group for each, for traffic_stop
  at 1 inside alice ping -c 76 198.51.100.80
  at 1 browse alice -4 http://www.example.org 1
  at 1 browse bob -6 http://www.example.org 2
  at 2 browse carol -4 https://www.example.org 3
  at 2 browse alice -6 https://www.example.org 4
  at 3 log_in
  at 5 roam
  at 6 look_up
  at 8 ping_large
  at 12 get carol http://www.example.org/large.bin
  at 15 use_tenant
  at 20 measure
  at 36 get_refused
  at 40 join_group
  at 42 look_up
  at 58 scan
  at 68 flood
  set +m
  for process in "${!activities[@]}"; do
    wait "$process" || fail "this went wrong: ${activities[$process]}"
  done
}

# Ends what would outlive the namespaces: the activities' own shells and waits.
traffic_stop() {
  local process
  for process in "${!activities[@]}"; do
    kill -- "-$process" 2>/dev/null || true
  done
}
