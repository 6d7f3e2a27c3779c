# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
#
# The network of the sample, one namespace for each host, for scripts/record-sample.
#
#       alice bob carol server hv1 hv2 nomad            web dns bulk mallory
#                        |                                       |
#                   bridge "lan"  ---  edge (router)  ---  bridge "wan"
#                        ^ recorded here
#
# Nothing leaves: no namespace has a default route or a link to the machine's own network.

# name, side, last byte of the MAC and the IPv6 address, IPv4 address
readonly HOSTS='alice   lan 10 10.0.1.10
                bob     lan 11 10.0.1.11
                carol   lan 12 10.0.1.12
                server  lan 13 10.0.1.13
                nomad   lan 20 10.0.1.20
                hv1     lan 21 10.0.1.21
                hv2     lan 22 10.0.1.22
                dns     wan 53 192.0.2.53
                bulk    wan 05 203.0.113.5
                mallory wan 66 203.0.113.66
                web     wan 80 198.51.100.80'

declare -rA IPV6_NET=([lan]=2001:db8:1: [wan]=2001:db8:2:)

inside() { # HOST COMMAND...
  ip netns exec "$run-$1" "${@:2}"
}

# The kernel hands 64 kB frames without checksums from host to host; no wire ever carries those.
offload_disable() { # HOST INTERFACE
  inside "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null
}

namespace_create() { # HOST
  ip netns add "$run-$1"
  ip -n "$run-$1" link set lo up
  mkdir -p "/etc/netns/$run-$1"
  printf 'nameserver 192.0.2.53\n' >"/etc/netns/$run-$1/resolv.conf"
  # The machine's own resolver can be reached through a Unix socket, and would ask outside.
  printf 'hosts: dns\n' >"/etc/netns/$run-$1/nsswitch.conf"
}

plug() { # HOST INTERFACE SIDE BYTE: a cable to the side's bridge
  ip -n "$run-switch" link add "$1-$3" type veth peer name "$2" netns "$run-$1"
  ip -n "$run-switch" link set "$1-$3" master "$3" up
  ip -n "$run-$1" link set "$2" address "00:00:5e:00:53:$4" up
  offload_disable switch "$1-$3"
  offload_disable "$1" "$2"
}

switch_create() {
  local side
  namespace_create switch
  inside switch sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  for side in lan wan; do
    ip -n "$run-switch" link add $side type bridge mcast_snooping 0
    ip -n "$run-switch" link set $side up
    offload_disable switch $side
  done
}

# The router's ports are slow and their queues short, so that TCP loses and repeats segments.
edge_create() {
  local address side
  namespace_create edge
  inside edge sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  plug edge lan lan 01
  plug edge wan wan 02
  for side in lan wan; do
    ip -n "$run-edge" address add "${IPV6_NET[$side]}:1/64" dev $side nodad
    tc -n "$run-edge" qdisc add dev $side root tbf rate 20mbit burst 5kb limit 40kb
  done
  ip -n "$run-edge" address add 10.0.1.1/24 dev lan
  for address in 192.0.2.1 198.51.100.1 203.0.113.1; do
    ip -n "$run-edge" address add $address/24 dev wan
  done
  ip -n "$run-edge" route add 10.20.0.0/16 via 10.0.1.20
  ip -n "$run-edge" route add 2001:db8:20::/48 via 2001:db8:1::20
}

host_create() { # HOST SIDE BYTE IPV4
  local net6=${IPV6_NET[$2]} prefix
  namespace_create "$1"
  plug "$1" eth0 "$2" "$3"
  ip -n "$run-$1" address add "$4/24" dev eth0
  ip -n "$run-$1" address add "$net6:$3/64" dev eth0 nodad
  ip -n "$run-$1" route add 2001:db8::/32 via "$net6:1"
  for prefix in 10.0.0.0/8 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24; do
    ip -n "$run-$1" route add $prefix via "${4%.*}.1" metric 100
  done
}

# Host nomad has one address for each row of sample/rewrap, which wraps what they send and receive.
# The small MTU leaves room for that in a full frame, and ARP must not speak for these addresses.
nomad_extend() {
  local row _
  ip -n "$run-nomad" link set eth0 mtu 1400
  inside nomad sysctl -qw net.ipv4.conf.all.arp_announce=2
  while read -r row _; do
    ip -n "$run-nomad" address add "10.20.$row.1/32" dev lo
    ip -n "$run-nomad" address add "2001:db8:20:$row::1/128" dev lo nodad
  done <"$work/rows"
}

tenant_create() { # HOST PEER BYTE: the host's interface in a VXLAN with the peer
  ip -n "$run-$1" link add tenant0 type vxlan id 4242 remote "$2" dstport 4789 dev eth0
  ip -n "$run-$1" link set tenant0 address "00:00:5e:00:53:$3" up
  ip -n "$run-$1" address add "10.99.0.$3/24" dev tenant0
  ip -n "$run-$1" address add "2001:db8:99::$3/64" dev tenant0 nodad
  offload_disable "$1" tenant0
}

network_create() {
  local name side byte ipv4
  switch_create
  edge_create
  while read -r name side byte ipv4; do
    host_create "$name" "$side" "$byte" "$ipv4"
  done <<<"$HOSTS"
  nomad_extend
  tenant_create hv1 10.0.1.22 91
  tenant_create hv2 10.0.1.21 92
}

# Also for a network that is only half made.
network_remove() {
  local namespace
  for namespace in $(ip netns list | grep -o "^$run-[a-z0-9]*"); do
    ip netns pids "$namespace" | xargs -r kill 2>/dev/null || true
    ip netns delete "$namespace"
  done
  rm -rf /etc/netns/"$run"-*
}
