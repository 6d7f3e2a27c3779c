// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/tls.h"

#include "agent/generate/messages.h"
#include "agent/generate/octets.h"

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, HANDSHAKE = 22, CHANGE_CIPHER = 20, APPLICATION = 23 };
enum { SERVER_NAME = 0, TRANSPORT_PARAMETERS = 57, KEY_SHARE = 51, X25519 = 29 };

void tls_random(struct draw *draw, uint8_t *to, unsigned count)
{
    for (unsigned at = 0; at < count; at += 8) {
        uint64_t bits = draw_bits(draw);
        memcpy(to + at, &bits, count - at < 8 ? count - at : 8);
    }
}

void tls_encrypted(const struct making *making, uint8_t *to, unsigned count)
{
    memcpy(to, making->noise + draw_below(making->draw, TLS_NOISE / 2), count);
}

static unsigned put(uint8_t *to, const void *octets, size_t count)
{
    memcpy(to, octets, count);
    return (unsigned)count;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

// Type, length, version 1.2, random and session id, which QUIC leaves empty.
static unsigned hello_begin(const struct making *making, uint8_t *to, uint8_t type, bool is_quic)
{
    struct draw of_flow; // a server repeats the client's session id
    draw_init(&of_flow, making->id);
    to[0] = type;
    octets_16(to + 4, 0x0303);
    tls_random(making->draw, to + 6, 32);
    to[38] = is_quic ? 0 : 32;
    tls_random(&of_flow, to + 39, to[38]);
    return 39U + to[38];
}

static unsigned hello_end(uint8_t *to, unsigned extensions, unsigned at)
{
    octets_16(to + extensions, (uint16_t)(at - extensions - 2));
    to[1] = 0;
    octets_16(to + 2, (uint16_t)(at - 4));
    return at;
}

static unsigned key_share(const struct making *making, uint8_t *to, bool is_list)
{
    unsigned at = 4;
    octets_16(to, KEY_SHARE);
    octets_16(to + 2, is_list ? 38 : 36);
    if (is_list) {
        octets_16(to + at, 36);
        at += 2;
    }
    octets_16(to + at, X25519);
    octets_16(to + at + 2, 32);
    tls_random(making->draw, to + at + 4, 32);
    return at + 36;
}

static unsigned server_name(const struct making *making, uint8_t *to)
{
    static const char *const names[] = {"www.example.com", "cdn.example.net", "api.example.com",
                                        "static.example.org", "mail.example.org"};
    const char *name = names[(making->id >> 16 ^ making->id) % 5];
    uint16_t length = (uint16_t)strlen(name);
    octets_16(to, SERVER_NAME);
    octets_16(to + 2, (uint16_t)(length + 5));
    octets_16(to + 4, (uint16_t)(length + 3));
    to[6] = 0;
    octets_16(to + 7, length);
    return 9 + put(to + 9, name, length);
}

unsigned tls_client_hello(const struct making *making, uint8_t *to, bool is_quic)
{
    unsigned at = hello_begin(making, to, CLIENT_HELLO, is_quic);
    at += PUT(to + at, "\0\6\x13\1\x13\2\x13\3"); // suites
    at += PUT(to + at, "\1\0");                   // no compression
    unsigned extensions = at;
    at += 2;
    at += server_name(making, to + at);
    at += PUT(to + at, "\0\x0a\0\4\0\2\0\x1d");             // groups: x25519
    at += PUT(to + at, "\0\x0d\0\x08\0\6\4\3\x08\4\x08\7"); // signatures
    at += PUT(to + at, "\0\x2b\0\3\2\3\4");                 // TLS 1.3
    at += PUT(to + at, "\0\x2d\0\2\1\1");                   // pre-shared keys with DHE
    at += key_share(making, to + at, true);
    if (is_quic) {
        at += PUT(to + at, "\0\x10\0\5\0\3\2h3");
        octets_16(to + at, TRANSPORT_PARAMETERS);
        octets_16(to + at + 2, 14);
        at += 4 + PUT(to + at + 4, "\1\4\x80\0\x75\x30\4\4\x80\x10\0\0\x0f\0");
    } else {
        at += PUT(to + at, "\0\x10\0\x0e\0\x0c\2h2\x08http/1.1");
    }
    return hello_end(to, extensions, at);
}

unsigned tls_server_hello(const struct making *making, uint8_t *to, bool is_quic)
{
    unsigned at = hello_begin(making, to, SERVER_HELLO, is_quic);
    at += PUT(to + at, "\x13\1\0");
    unsigned extensions = at;
    at += 2;
    at += PUT(to + at, "\0\x2b\0\2\3\4");
    at += key_share(making, to + at, false);
    return hello_end(to, extensions, at);
}

static unsigned record(uint8_t *to, uint8_t type, uint16_t version, unsigned length)
{
    to[0] = type;
    octets_16(to + 1, version);
    octets_16(to + 3, (uint16_t)length);
    return 5 + length;
}

static unsigned application(const struct making *making, uint8_t *to, unsigned length)
{
    tls_encrypted(making, to + 5, length);
    return record(to, APPLICATION, 0x0303, length);
}

static unsigned client_begins(const struct making *making, uint8_t *to)
{
    return record(to, HANDSHAKE, 0x0301, tls_client_hello(making, to + 5, false));
}

// What follows the hello is encrypted: extensions, certificate, its proof and the end.
static unsigned server_begins(const struct making *making, uint8_t *to)
{
    unsigned at = record(to, HANDSHAKE, 0x0303, tls_server_hello(making, to + 5, false));
    to[at + 5] = 1;
    at += record(to + at, CHANGE_CIPHER, 0x0303, 1);
    return at + application(making, to + at, 900 + draw_below(making->draw, 300));
}

static unsigned client_finishes(const struct making *making, uint8_t *to)
{
    to[5] = 1;
    unsigned at = record(to, CHANGE_CIPHER, 0x0303, 1);
    return at + application(making, to + at, 53);
}

static unsigned client_asks(const struct making *making, uint8_t *to)
{
    return application(making, to, 100 + draw_below(making->draw, 500));
}

static unsigned client_closes(const struct making *making, uint8_t *to)
{
    return application(making, to, 19); // an alert
}

const struct message messages_tls[] = {
    {CLIENT, .make = client_begins},   {SERVER, .make = server_begins},
    {CLIENT, .make = client_finishes}, {CLIENT, .make = client_asks},
    {SERVER, .bulk = BULK_TLS},        {CLIENT, .make = client_closes},
};
