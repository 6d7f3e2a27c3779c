// SPDX-License-Identifier: Apache-2.0
// A protocol on a port that is not its own, as far as the first words of both ends tell
// (dataplane/flow/signature.h): SSH where firewalls let HTTPS through, and what tells a shell or a
// desktop on a port that nobody gave it.
//
// Both ends have to speak it, or the server alone where the client has said nothing yet, so that
// who only tries a port is not taken for who serves it. Of HTTP a page has to follow: servers of
// HTTPS answer those who ask in plain text, with a refusal or the way to the right place, and so do
// captive portals. What begins with a greeting and turns to TLS later (STARTTLS) does not begin
// with TLS.
//
// A server is told for an hour and is known then. A few new ones are told in a day: where there are
// more, they are what is usual there.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/few.h"
#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"
#include "dataplane/flow/signature.h"

enum {
    SPEAKERS = 1024,
    LEARNS_S = 3600, // who speaks on a port of nobody in this time is known
    TOLD_S = 3600,
    FORGOTTEN_S = 172800,
    PAGE_BYTES = 4096, // from the server: more than refusals and redirections have
    HANDSHAKE = 4,     // packets that a flow can have before anybody spoke
    DAY_S = 86400,
    SEGMENT_SYN = 0x02,
};

static const double A_DAY = 3;     // servers told, of each protocol
static const double ODD_A_DAY = 1; // the same on ports of nobody, of all protocols

#define OWN(signature) (1U << SIGNATURE_##signature)

// Ports that a firewall knows by what they are for, the busiest first.
static const struct service {
    uint8_t protocol;
    uint16_t port;
    uint16_t own; // signatures
    const char *name;
} services[] = {
    {PROTOCOL_TCP, 443, OWN(TLS), "HTTPS"},
    {PROTOCOL_TCP, 80, OWN(HTTP), "HTTP"},
    {PROTOCOL_UDP, 443, OWN(QUIC) | OWN(DTLS), "QUIC"},
    {PROTOCOL_TCP, 22, OWN(SSH), "SSH"},
    {PROTOCOL_UDP, 53, 0, "DNS"},
    {PROTOCOL_UDP, 123, 0, "NTP"},
    {PROTOCOL_TCP, 445, OWN(SMB), "SMB"},
    {PROTOCOL_TCP, 3389, OWN(RDP) | OWN(TLS), "RDP"},
    {PROTOCOL_TCP, 8080, OWN(HTTP) | OWN(TLS), "HTTP"},
    {PROTOCOL_TCP, 8443, OWN(HTTP) | OWN(TLS), "HTTPS"},
    {PROTOCOL_TCP, 993, OWN(TLS), "IMAP over TLS"},
    {PROTOCOL_TCP, 853, OWN(TLS), "DNS over TLS"},
    {PROTOCOL_TCP, 53, 0, "DNS"},
    {PROTOCOL_TCP, 21, OWN(TLS), "FTP"},
    {PROTOCOL_TCP, 23, 0, "Telnet"},
    {PROTOCOL_TCP, 25, OWN(TLS), "SMTP"},
    {PROTOCOL_TCP, 110, OWN(TLS), "POP3"},
    {PROTOCOL_TCP, 139, OWN(SMB), "SMB"},
    {PROTOCOL_TCP, 143, OWN(TLS), "IMAP"},
    {PROTOCOL_TCP, 389, OWN(TLS), "LDAP"},
    {PROTOCOL_TCP, 465, OWN(TLS), "SMTP over TLS"},
    {PROTOCOL_TCP, 587, OWN(TLS), "SMTP"},
    {PROTOCOL_TCP, 636, OWN(TLS), "LDAP over TLS"},
    {PROTOCOL_TCP, 995, OWN(TLS), "POP3 over TLS"},
    {PROTOCOL_UDP, 161, 0, "SNMP"},
    {PROTOCOL_UDP, 500, 0, "IKE"},
    {PROTOCOL_UDP, 4500, 0, "IKE"},
    {PROTOCOL_UDP, 5353, 0, "mDNS"},
};

// A server's port, and the protocol that it speaks there.
struct speaker {
    struct heavy heavy;
    const struct service *service; // whose port it is; NULL: nobody's
    uint64_t bytes;                // since it came
    uint32_t conversations;
    uint32_t since, last; // panes: when it came, when it spoke last
    uint16_t port;
    uint8_t protocol;
    uint8_t signature;
    bool ipv6;
    bool known; // nothing is told of it any more
    uint8_t address[16];
    struct few clients; // octets, in pane `last`
} __attribute__((aligned(64)));

struct speakers {
    struct talkers *talkers;
    struct heavy_table table;
    uint32_t spoke;                    // pane
    double allowance[SIGNATURE_COUNT]; // how many may still be told
    double odd_allowance;
};

static int speakers_create(void **watch, const struct watch_options *options)
{
    struct speakers *speakers = calloc(1, sizeof(*speakers));
    if (speakers == NULL) {
        return -ENOMEM;
    }
    if (heavy_init(&speakers->table, SPEAKERS, sizeof(struct speaker), sizeof(struct speaker)) !=
        0) {
        free(speakers);
        return -ENOMEM;
    }
    speakers->talkers = options->talkers;
    for (unsigned i = 0; i < SIGNATURE_COUNT; i++) {
        speakers->allowance[i] = A_DAY;
    }
    speakers->odd_allowance = ODD_A_DAY;
    *watch = speakers;
    return 0;
}

static void speakers_free(void *watch)
{
    struct speakers *speakers = watch;
    if (speakers != NULL) {
        heavy_fini(&speakers->table);
        free(speakers);
    }
}

// What both ends speak, or the server alone so far; SIGNATURE_OTHER: nothing that is known.
static enum signature spoken(const struct pane_flow *flow)
{
    unsigned source = pane_flow_source(flow);
    uint8_t asks = flow->signature[source];
    uint8_t answers = flow->signature[!source];
    if (answers <= SIGNATURE_OTHER || (asks != answers && asks != SIGNATURE_NONE)) {
        return SIGNATURE_OTHER;
    }
    bool short_page = answers == SIGNATURE_HTTP && flow->total_bytes[!source] < PAGE_BYTES;
    // In the midst of a connection which end serves is not sure, nor what its first words were.
    bool midst = pane_flow_protocol(flow) == PROTOCOL_TCP &&
                 ((flow->tcp_flags[0] | flow->tcp_flags[1]) & SEGMENT_SYN) == 0;
    return short_page || midst ? SIGNATURE_OTHER : (enum signature)answers;
}

static const struct service *service_of(uint8_t protocol, uint16_t port)
{
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (services[i].port == port && services[i].protocol == protocol) {
            return &services[i];
        }
    }
    return NULL;
}

// Whether a port that is nobody's is odd: of what opens a machine to others, beside where it is
// usually put. All else is found on any port.
static bool is_odd(enum signature signature, uint16_t port)
{
    enum { NETCONF = 830, GERRIT = 29418, BITBUCKET = 7999, S7 = 102 };
    switch (signature) {
    case SIGNATURE_SSH: // 2222, 8022, 10022
        return port % 100 != 22 && port != NETCONF && port != GERRIT && port != BITBUCKET;
    case SIGNATURE_RDP:
        return port / 10 != 338 && port / 10 != 339 && port != S7;
    case SIGNATURE_VNC:
        return port / 100 != 58 && port / 100 != 59;
    case SIGNATURE_SMB:
        return true;
    default:
        return false;
    }
}

static void speaker_begin(struct speakers *speakers, struct speaker *speaker,
                          const struct service *service, enum signature signature)
{
    const struct talkers *talkers = speakers->talkers;
    const struct contact *contact = talkers->contact;
    double *allowance =
        service != NULL ? &speakers->allowance[signature] : &speakers->odd_allowance;
    bool learns = service == NULL && talkers_old_s(talkers) < LEARNS_S;
    speaker->service = service;
    speaker->bytes = 0;
    speaker->conversations = 0;
    speaker->since = talkers->pane;
    speaker->port = contact->port;
    speaker->protocol = contact->protocol;
    speaker->signature = (uint8_t)signature;
    speaker->ipv6 = contact->ipv6;
    memcpy(speaker->address, contact->address[CONTACT_DESTINATION], sizeof(speaker->address));
    speaker->known = learns || *allowance < 1;
    *allowance -= speaker->known ? 0 : 1;
}

static void speaker_add(struct speaker *speaker, const struct contact *contact, uint32_t now)
{
    if (speaker->last != now) {
        few_clear(&speaker->clients);
        speaker->last = now;
    }
    uint64_t before = (uint64_t)contact->sent + contact->got - contact->flow->packets;
    speaker->conversations += before <= HANDSHAKE || speaker->conversations == 0;
    speaker->bytes += contact->flow->bytes;
    few_add(&speaker->clients, contact->address[CONTACT_SOURCE], (double)contact->flow->bytes);
}

static void speakers_flow(void *watch, const struct pane_flow *flow)
{
    struct speakers *speakers = watch;
    const struct talkers *talkers = speakers->talkers;
    const struct contact *contact = talkers->contact;
    enum signature signature = spoken(flow);
    if (signature == SIGNATURE_OTHER) {
        return;
    }
    const struct service *service = service_of(contact->protocol, contact->port);
    if (service != NULL ? (service->own >> signature & 1) != 0
                        : !is_odd(signature, contact->port)) {
        return;
    }
    uint64_t block[3] = {contact->hash[CONTACT_DESTINATION], contact->port, signature};
    uint64_t hash = hash_bytes(block, sizeof(block), talkers->contacts.secret);
    struct speaker *speaker = heavy_add(&speakers->table, hash, 1);
    if (speaker == NULL) {
        return;
    }
    if (speaker->since == 0 || (talkers->pane - speaker->last) * talkers->pane_s > FORGOTTEN_S) {
        speaker_begin(speakers, speaker, service, signature);
    }
    speaker_add(speaker, contact, talkers->pane);
    speakers->spoke = talkers->pane;
}

static void speaker_tell(const struct speaker *speaker, const struct watch_teller *teller)
{
    struct finding finding;
    char server[ANOMALY_SUBJECT_MAX], client[ANOMALY_SUBJECT_MAX], amount[FINDING_AMOUNT_MAX];
    const char *transport = speaker->protocol == PROTOCOL_TCP ? "tcp" : "udp";
    finding_address(server, speaker->address, speaker->ipv6);
    finding_address(client, few_first(&speaker->clients), speaker->ipv6);
    finding_amount(amount, (double)speaker->bytes, "bytes");
    finding_init(&finding, "wrong_port", "conversations", "%.45s port %u/%s", server, speaker->port,
                 transport);
    finding.score = finding_score(1 + log2(speaker->conversations) / 4);
    finding.observed = speaker->conversations;
    finding.expected = 0;
    finding_explain(&finding,
                    "%s speaks %s on port %u/%s, %s%s: %u conversation%s so far, %s, now mostly "
                    "with %s; see who set it up, and whether it is there to get past a firewall",
                    server, signature_name[speaker->signature], speaker->port, transport,
                    speaker->service != NULL ? "the port of " : "where it usually is not",
                    speaker->service != NULL ? speaker->service->name : "", speaker->conversations,
                    speaker->conversations == 1 ? "" : "s", amount, client);
    few_tell(&speaker->clients, speaker->ipv6, &finding);
    teller->tell(teller->context, &finding);
}

static void speakers_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct speakers *speakers = watch;
    const struct talkers *talkers = speakers->talkers;
    double day = talkers->pane_s / DAY_S;
    for (unsigned i = 0; i < SIGNATURE_COUNT; i++) {
        speakers->allowance[i] = fmin(speakers->allowance[i] + A_DAY * day, A_DAY);
    }
    speakers->odd_allowance = fmin(speakers->odd_allowance + ODD_A_DAY * day, ODD_A_DAY);
    heavy_fade(&speakers->table, exp(-day));
    for (uint32_t i = 0; speakers->spoke == talkers->pane && i < heavy_size(&speakers->table);
         i++) {
        struct speaker *speaker = heavy_at(&speakers->table, i);
        if (speaker == NULL || speaker->last != talkers->pane || speaker->known) {
            continue;
        }
        speaker->known = (talkers->pane - speaker->since) * talkers->pane_s > TOLD_S;
        speaker_tell(speaker, teller);
    }
}

const struct watch_ops watch_protocol = {
    .name = "protocol",
    .create = speakers_create,
    .flow = speakers_flow,
    .pane = speakers_pane,
    .free = speakers_free,
};
