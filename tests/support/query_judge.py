# SPDX-License-Identifier: Apache-2.0
"""The independent judge of standing queries: what a capture's packets say by tshark, against weir's
`query` records.

Packets, their keys and their octets are judge.py's; here they become panes by packet time and flows by
the rules of docs/ARCHITECTURE.md (a flow begins where no packet of its key came for too long, or its TCP
was closed). Every threshold is decided in integers and fractions, without rounding. Nothing here shares
code with weir or reads its flow records.
"""
import collections
import fractions
import functools
import ipaddress
import itertools
import math

import judge

TCP_FIN, TCP_SYN, TCP_RST, TCP_ACK = 0x01, 0x02, 0x04, 0x10
TRANSPORTS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 46: "rsvp", 47: "gre", 50: "esp", 58: "icmpv6",
              59: "ipv6-no-next", 89: "ospf", 103: "pim", 112: "vrrp", 132: "sctp", 136: "udplite"}
# Names that operators give to IANA's ports, as far as the captures judged have them.
SERVICES = """
    ftp-data 20/tcp; ftp 21/tcp; ssh 22/tcp; telnet 23/tcp; smtp 25/tcp; time 37/tcp 37/udp; whois 43/tcp;
    tacacs 49/tcp; dns 53/tcp 53/udp; dhcp 67/udp 68/udp; gopher 70/tcp; finger 79/tcp; http 80/tcp 8080/tcp 80/udp;
    kerberos 88/tcp 464/tcp 749/tcp 88/udp; pop3 110/tcp; portmapper 111/tcp; ident 113/tcp; nntp 119/tcp;
    ntp 123/udp; msrpc 135/tcp; netbios-ns 137/tcp 137/udp; netbios-dgm 138/tcp 138/udp; netbios-ssn 139/tcp;
    imap 143/tcp; snmp 161/tcp 161/udp; snmp-trap 162/tcp 162/udp; bgp 179/tcp; irc 194/tcp; ldap 389/tcp;
    svrloc 427/tcp; https 443/tcp 443/udp; smb 445/tcp; smtps 465/tcp; isakmp 500/udp; modbus 502/tcp;
    rlogin 513/tcp; rsh 514/tcp; syslog 514/udp 601/tcp; lpd 515/tcp; afp 548/tcp; rtsp 554/tcp; nntps 563/tcp;
    submission 587/tcp; ipp 631/tcp; ldaps 636/tcp; ldp 646/tcp; dns-over-tls 853/tcp; rsync 873/tcp;
    ftps-data 989/tcp; ftps 990/tcp; imaps 993/tcp; pop3s 995/tcp; s7comm 102/tcp; rtsps 322/tcp;
    openvpn 1194/tcp 1194/udp; ssdp 1900/udp; cisco-sccp 2000/tcp; gtp-c 2123/udp; ethernet-ip 2222/udp;
    rdp 3389/tcp; vxlan 4789/udp; iperf 5201/tcp 5201/udp; mdns 5353/udp; llmnr 5355/udp; fins 9600/tcp 9600/udp;
    wireguard 51820/udp; xmpp 5222/tcp 5269/tcp; sflow 6343/udp; capwap 5246/udp 5247/udp;
    redis 6379/tcp; hart-ip 5094/tcp 5094/udp; socks 1080/tcp; stun 3478/tcp 3478/udp; dhcpv6 546/udp 547/udp
"""
IDLE_US, ACTIVE_US, LINGER_US = 30_000_000, 300_000_000, 5_000_000  # weir's, unless it is told otherwise
ROWS_MAX = 1000
DECIMALS = 1e-6  # JSON has six
RELATIVE = 1e-9  # what summing in another order may change

Packet = collections.namedtuple("Packet", "time_us pane_time_us key direction bytes tcp_flags")


class Flow:
    """One life of a key, and what it did in the open pane."""

    def __init__(self, key, time_us):
        self.key, self.start_us, self.last_us = key, time_us, time_us
        self.closed, self.fins = False, set()
        self.transport, self.application = names(key)

    def takes(self, packet):
        """Whether the packet belongs to it."""
        quiet_us = LINGER_US if self.closed else IDLE_US
        if packet.time_us > min(self.last_us + quiet_us, self.start_us + ACTIVE_US):
            return False
        return not (self.closed and packet.tcp_flags & (TCP_SYN | TCP_ACK) == TCP_SYN)

    def add(self, packet):
        self.last_us = max(self.last_us, packet.time_us)
        if packet.tcp_flags & TCP_FIN:
            self.fins.add(packet.direction)
        self.closed = self.closed or len(self.fins) == 2 or bool(packet.tcp_flags & TCP_RST)

    @property
    def protocol(self):
        return self.application or self.transport

    @property
    def ends(self):
        return self.key.low[0], self.key.high[0]

    @property
    def ports(self):
        return self.key.low[1], self.key.high[1]


def services():
    """{(transport, port): name}"""
    rows = [row.split() for row in SERVICES.split(";")]
    return {(port.split("/")[1], int(port.split("/")[0])): name for name, *ports in rows for port in ports}


PORTS = services()


def names(key):
    """The transport's name, and the application's or None: the lower port decides where it is known."""
    transport = TRANSPORTS.get(key.protocol, str(key.protocol))
    lower, higher = sorted((key.low[1], key.high[1]))
    return transport, PORTS.get((transport, lower)) or PORTS.get((transport, higher))


@functools.cache
def address(text):
    return ipaddress.ip_address(text)


def time_us(frame):
    seconds, _, part = frame.values["frame.time_epoch"].partition(".")
    return int(seconds) * 1_000_000 + int(part[:6].ljust(6, "0"))


class Traffic:
    """What tshark finds in a capture. `unfit` says why panes cannot be told from it, or is empty."""

    def __init__(self, capture):
        frames = judge.capture_frames(capture)
        # A frame that is late counts where packet time has come to.
        self.times = list(itertools.accumulate(map(time_us, frames), max))
        self.made = {}
        self.packets, self.unfit = [], "" if frames else "no frames"
        if any(come - time_us(frame) > LINGER_US for come, frame in zip(self.times, frames)):
            self.unfit = "a frame comes so late that its flow may be gone"
        place = {id(frame): index for index, frame in enumerate(frames)}
        previous = -1
        for frame, packet in judge.with_ports((frame, judge.innermost(frame)) for frame in frames):
            if place[id(frame)] < previous:
                self.unfit = "a fragment overtook its first"
            previous = place[id(frame)]
            key, direction = judge.canonical(*packet[:5])
            key = key._replace(low=(address(key.low[0]), key.low[1]), high=(address(key.high[0]), key.high[1]))
            flags = frame.number("tcp.flags", 0) if packet.protocol == 6 else 0
            self.packets.append(Packet(time_us(frame), self.times[previous], key, direction, packet.bytes, flags))

    def remembered(self, name, make):
        """What was made under that name before, or make()."""
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    @functools.cache
    def panes(self, pane_us):
        """{start of a pane: [(flow, bytes, packets, whether it began there)]}"""
        live, panes = {}, collections.defaultdict(dict)
        for packet in self.packets:
            flow = live.get(packet.key)
            began = flow is None or not flow.takes(packet)
            if began:
                flow = live[packet.key] = Flow(packet.key, packet.time_us)
            flow.add(packet)
            doings = panes[packet.pane_time_us // pane_us * pane_us].setdefault(id(flow), [flow, 0, 0, 0])
            doings[1] += packet.bytes
            doings[2] += 1
            doings[3] += began
        return {start: list(doings.values()) for start, doings in panes.items()}


def prefix_of(host, query):
    bits = query["ipv4_bits"] if host.version == 4 else query["ipv6_bits"]
    return ipaddress.ip_network((host, bits), strict=False)


# {subject: (the subjects a flow counts to, one of them from weir's name of it, how equal values order)}
BY_ADDRESS = ipaddress.get_mixed_type_key
SUBJECTS = {
    "protocol": (lambda flow, query: {flow.protocol}, str, None),
    "transport": (lambda flow, query: {flow.transport}, str, None),
    "application": (lambda flow, query: {flow.application} - {None}, str, None),
    "address": (lambda flow, query: set(flow.ends), ipaddress.ip_address, BY_ADDRESS),
    "prefix": (lambda flow, query: {prefix_of(end, query) for end in flow.ends}, ipaddress.ip_network, BY_ADDRESS),
    "port": (lambda flow, query: set(flow.ports) if any(flow.ports) else set(), int, int),
    "conversation": (lambda flow, query: {tuple(sorted(flow.ends, key=BY_ADDRESS))},
                     lambda name: tuple(map(ipaddress.ip_address, name.split())),
                     lambda ends: tuple(map(BY_ADDRESS, ends))),
    "vlan": (lambda flow, query: {".".join(map(str, flow.key.vlans))} - {""}, str,
             lambda name: tuple(map(int, name.split(".")))),
}
COUNTED = {"bytes": 1, "packets": 2, "flows": 3}


@functools.cache
def is_inside(end, internal):
    return any(end in ipaddress.ip_network(prefix) for prefix in internal)


class Query:
    """A definition, and what it counts in each pane of a capture. `internal` are the prefixes of the
    network, `holds` is what the definition's filter means."""

    def __init__(self, definition, traffic, pane_us, internal=(), holds=lambda flow: True):
        self.definition, self.name = definition, definition["name"]
        self.window_us = definition["window_us"]
        self.keys, self.read, self.order = SUBJECTS[definition["subject"]]
        self.internal = internal if definition.get("traffic", "external") == "external" else ()
        self.holds = holds
        told_apart = tuple(definition.get(name) for name in ("subject", "ipv4_bits", "ipv6_bits", "by", "filter"))
        self.panes = traffic.remembered((told_apart, self.internal, pane_us), lambda: {
            start: self.pane_sums(doings) for start, doings in traffic.panes(pane_us).items()})

    def counts(self, flow):
        """Whether a flow is among the traffic asked about."""
        one, other = flow.ends
        return (not self.internal or is_inside(one, self.internal) != is_inside(other, self.internal)) \
            and self.holds(flow)

    def pane_sums(self, doings):
        """{subject: how much}, and the traffic that counts, each flow once."""
        sums, total, counted = collections.Counter(), 0, COUNTED[self.definition["by"]]
        for doing in doings:
            flow, amount = doing[0], doing[counted]
            if amount and self.counts(flow):
                total += amount
                for subject in self.keys(flow, self.definition):
                    sums[subject] += amount
        return sums, total

    def windows(self, ends):
        """For each of the ends of windows, in their order: the sums and the total."""
        waiting, inside = collections.deque(sorted(self.panes.items())), collections.deque()
        sums, total = collections.Counter(), 0
        for end in ends:
            while waiting and waiting[0][0] < end:
                inside.append(waiting.popleft())
                added, more = inside[-1][1]
                sums.update(added)
                total += more
            while inside and inside[0][0] < end - self.window_us:
                gone, less = inside.popleft()[1]
                sums.subtract(gone)
                sums, total = +sums, total - less  # those at zero had no traffic
            yield sums, total


class Statistics:
    """Of the values of all subjects."""

    def __init__(self, values):
        self.count, self.sum = len(values), sum(values)
        self.scatter = self.count * sum(value * value for value in values) - self.sum**2
        self.mean = self.sum / self.count if self.count else 0.0
        self.stddev = math.sqrt(self.scatter) / self.count if self.count else 0.0

    def exceeds(self, value, deviations, baseline):
        """Whether a value is more than so many deviations above the baseline, squared to have no root."""
        above = self.count * value - (self.sum if baseline == "mean" else 0)
        return above > 0 and above**2 > deviations**2 * self.scatter

    def deviations(self, value):
        return (value - self.mean) / self.stddev if self.stddev else 0.0


def close(found, wanted):
    return abs(found - wanted) <= DECIMALS + RELATIVE * abs(wanted)


def told(query, sums, total, statistics, named):
    """The subjects that an answer has to tell. Of protocols with the k-th value, whose order nobody but
    weir knows, those that it named are taken."""
    definition = query.definition
    if definition["kind"] == "top":
        least = sorted(sums.values(), reverse=True)[:definition["k"]][-1:]
        above = {subject for subject, value in sums.items() if [value] > least}
        tied = sorted((subject for subject, value in sums.items() if [value] == least),
                      key=query.order or (lambda subject: subject not in named))
        return above | set(tied[:definition["k"] - len(above)])
    if definition["kind"] == "share":
        percent = fractions.Fraction(str(definition["percent"]))
        return {subject for subject, value in sums.items() if value * 100 > percent * total}
    deviations, baseline = fractions.Fraction(str(definition["deviations"])), definition.get("baseline", "mean")
    return {subject for subject, value in sums.items() if statistics.exceeds(value, deviations, baseline)}


def rows_wanted(query, sums, subjects, named):
    """(subject, value) as an answer has to list them; equal values that have no order as weir has them."""
    place = {subject: index for index, subject in enumerate(named)}
    order = query.order or (lambda subject: place.get(subject, len(place)))
    return sorted(((subject, sums[subject]) for subject in subjects),
                  key=lambda row: (-row[1], order(row[0])))[:ROWS_MAX]


def answer_differences(query, record, sums, total):
    """What one record says otherwise than the packets."""
    statistics = Statistics(sums.values())
    named = [query.read(row["name"]) for row in record["rows"]]
    subjects = told(query, sums, total, statistics, set(named))
    wanted = rows_wanted(query, sums, subjects, named)
    found = [(name, row["value"]) for name, row in zip(named, record["rows"])]
    if found != wanted:
        yield f"rows {found[:20]}, tshark {wanted[:20]}"
    for row in record["rows"]:
        if not close(row["percent"], 100 * row["value"] / total if total else 0.0) \
                or not close(row["deviations"], statistics.deviations(row["value"])):
            yield f"row {row}, of {total}, mean {statistics.mean}, stddev {statistics.stddev}"
    for name, value in ("matching", len(subjects)), ("subjects", len(sums)), ("total", total):
        if record[name] != value:
            yield f"{name} {record[name]}, tshark {value}"
    for name, value in ("mean", statistics.mean), ("stddev", statistics.stddev):
        if not close(record[name], value):
            yield f"{name} {record[name]}, tshark {value}"
    if record["exact"] is not True or any(name.startswith("error_") for name in record):
        yield "not exact"


def differences(query, traffic, pane_us, records):
    """What all answers of a query say otherwise than the packets, one text each; and where one is
    missing, too many or has other bounds."""
    ends = [record["end_us"] for record in records]
    first_us = traffic.times[0] // pane_us * pane_us
    needed = {time // pane_us * pane_us + pane_us for time in traffic.times}
    if ends != sorted(set(ends)):
        yield f"{query.name}: answers are not one a pane, in order"
        return
    if not needed <= set(ends) or any(end % pane_us for end in ends):
        yield f"{query.name}: {len(ends)} answers, of {len(needed)} panes with packets " \
              f"{len(needed - set(ends))} lack one"
    for record, (sums, total) in zip(records, query.windows(ends)):
        if record["start_us"] != max(first_us, record["end_us"] - query.window_us):
            yield f"{query.name}: from {record['start_us']} to {record['end_us']}"
        for text in answer_differences(query, record, sums, total):
            yield f"{query.name}, until {record['end_us']}: {text}"
