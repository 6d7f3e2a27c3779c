// SPDX-License-Identifier: Apache-2.0
// SSH version 2 (RFC 4253, 8731): what is said in the clear, then as good as random.
#include "agent/generate/messages.h"
#include "agent/generate/octets.h"
#include "agent/generate/tls.h"

enum { KEXINIT = 20, NEWKEYS = 21, ECDH_INIT = 30, ECDH_REPLY = 31 };

// Around a payload that stands at to + 5.
static unsigned packet(uint8_t *to, unsigned length)
{
    unsigned padding = 4 + (8 - (5 + length + 4) % 8) % 8;
    octets_32(to, 1 + length + padding);
    to[4] = (uint8_t)padding;
    memset(to + 5 + length, 0, padding);
    return 5 + length + padding;
}

static unsigned string(uint8_t *to, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);
    octets_32(to, length);
    memcpy(to + 4, text, length);
    return 4 + length;
}

static unsigned drawn(const struct making *making, uint8_t *to, unsigned length)
{
    octets_32(to, length);
    tls_random(making->draw, to + 4, length);
    return 4 + length;
}

static unsigned key_exchange(const struct making *making, uint8_t *to)
{
    static const char *const lists[] = {
        "curve25519-sha256",
        "ssh-ed25519",
        "aes128-ctr,aes256-ctr",
        "aes128-ctr,aes256-ctr",
        "hmac-sha2-256",
        "hmac-sha2-256",
        "none",
        "none",
        "",
        "",
    };
    unsigned at = 5;
    to[at++] = KEXINIT;
    tls_random(making->draw, to + at, 16);
    at += 16;
    for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        at += string(to + at, lists[i]);
    }
    memset(to + at, 0, 5); // no guess follows
    return packet(to, at); // and the five
}

static unsigned exchange_begins(const struct making *making, uint8_t *to)
{
    to[5] = ECDH_INIT;
    return packet(to, 1 + drawn(making, to + 6, 32));
}

static unsigned exchange_ends(const struct making *making, uint8_t *to)
{
    unsigned at = 5;
    to[at++] = ECDH_REPLY;
    octets_32(to + at, 51); // the host's key
    at += 4;
    at += string(to + at, "ssh-ed25519");
    at += drawn(making, to + at, 32);
    at += drawn(making, to + at, 32);
    octets_32(to + at, 83); // its signature
    at += 4;
    at += string(to + at, "ssh-ed25519");
    at += drawn(making, to + at, 64);
    return packet(to, at - 5);
}

static unsigned new_keys(const struct making *making, uint8_t *to)
{
    (void)making;
    to[5] = NEWKEYS;
    return packet(to, 1);
}

static unsigned keys_typed(const struct making *making, uint8_t *to)
{
    tls_encrypted(making, to, 64); // a packet of 32 octets and its code
    return 64;
}

const struct message messages_ssh[] = {
    {CLIENT, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
    {SERVER, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
    {CLIENT, .make = key_exchange},
    {SERVER, .make = key_exchange},
    {CLIENT, .make = exchange_begins},
    {SERVER, .make = exchange_ends},
    {SERVER, .make = new_keys},
    {CLIENT, .make = new_keys},
    {CLIENT, .make = keys_typed},
    {SERVER, .bulk = BULK_RANDOM},
};
