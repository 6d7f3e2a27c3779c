// SPDX-License-Identifier: Apache-2.0
// QUIC version 1 (RFC 9000, 9001). Its first packets are encrypted with keys that everybody can
// derive of the client's first connection id, so that a dissector sees the hellos; what follows is
// as good as random. The client's own connection id is empty.
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>

#include "agent/generate/messages.h"
#include "agent/generate/octets.h"
#include "agent/generate/tls.h"

enum { ID = 8, PACKET_NUMBER = 4, TAG = 16, KEY = 16, IV = 12, DATAGRAM = 1200 };

struct keys {
    uint8_t key[KEY];
    uint8_t iv[IV];
    uint8_t header[KEY];
};

// HKDF-Expand-Label of TLS 1.3 with an empty context.
static void expand(const uint8_t *secret, const char *label, size_t length, uint8_t *to)
{
    struct hmac_sha256_ctx hmac;
    uint8_t info[32] = {0, (uint8_t)length, (uint8_t)(6 + strlen(label))};
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, strlen(label));
    hmac_sha256_set_key(&hmac, SHA256_DIGEST_SIZE, secret);
    hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
                (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE,
                10 + strlen(label), info, length, to);
}

static void keys_derive(const uint8_t *id, enum end from, struct keys *keys)
{
    static const uint8_t salt[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                   0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    struct hmac_sha256_ctx hmac;
    uint8_t initial[SHA256_DIGEST_SIZE];
    uint8_t secret[SHA256_DIGEST_SIZE];
    hmac_sha256_set_key(&hmac, sizeof(salt), salt);
    hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
                 (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, ID, id,
                 initial);
    expand(initial, from == CLIENT ? "client in" : "server in", sizeof(secret), secret);
    expand(secret, "quic key", KEY, keys->key);
    expand(secret, "quic iv", IV, keys->iv);
    expand(secret, "quic hp", KEY, keys->header);
}

static void client_id(const struct making *making, uint8_t *to)
{
    octets_32(to, making->id * 2654435761U);
    octets_32(to + 4, making->id);
}

static void server_id(const struct making *making, uint8_t *to)
{
    octets_32(to, making->id * 2246822519U);
    octets_32(to + 4, ~making->id);
}

// Encrypts what stands behind a header of `header` octets, whose packet number is 0 and stands
// last.
static void protect(uint8_t *packet, unsigned header, unsigned payload, const struct keys *keys)
{
    struct gcm_aes128_ctx gcm;
    struct aes128_ctx aes;
    uint8_t mask[AES_BLOCK_SIZE];
    gcm_aes128_set_key(&gcm, keys->key);
    gcm_aes128_set_iv(&gcm, IV, keys->iv); // exclusive or the packet number: 0
    gcm_aes128_update(&gcm, header, packet);
    gcm_aes128_encrypt(&gcm, payload, packet + header, packet + header);
    gcm_aes128_digest(&gcm, TAG, packet + header + payload);
    aes128_set_encrypt_key(&aes, keys->header);
    aes128_encrypt(&aes, sizeof(mask), mask, packet + header); // the number is four octets
    packet[0] ^= mask[0] & 0x0f;
    for (unsigned i = 0; i < PACKET_NUMBER; i++) {
        packet[header - PACKET_NUMBER + i] ^= mask[1 + i];
    }
}

// First octet, version and connection ids: which of them depends on who sends.
static unsigned long_header(const struct making *making, uint8_t *to, uint8_t first, bool is_first)
{
    to[0] = first;
    octets_32(to + 1, 1);
    if (making->from == SERVER) {
        to[5] = 0;
        to[6] = ID;
        server_id(making, to + 7);
    } else {
        to[5] = ID;
        is_first ? client_id(making, to + 6) : server_id(making, to + 6);
        to[6 + ID] = 0;
    }
    return 7 + ID;
}

// A datagram with one Initial packet around the hello, filled up.
static unsigned initial(const struct making *making, uint8_t *to)
{
    uint8_t id[ID];
    struct keys keys;
    client_id(making, id);
    keys_derive(id, making->from, &keys);
    unsigned at = long_header(making, to, 0xc3, true);
    to[at++] = 0; // no token
    octets_16(to + at, (uint16_t)(0x4000 | (DATAGRAM - at - 2)));
    octets_32(to + at + 2, 0);
    at += 2 + PACKET_NUMBER;
    unsigned header = at;
    memset(to + at, 0, DATAGRAM - at); // zeros are padding
    if (making->from == SERVER) {
        static const uint8_t ack[] = {2, 0, 0, 0, 0};
        memcpy(to + at, ack, sizeof(ack));
        at += sizeof(ack);
    }
    uint8_t *crypto = to + at;
    unsigned length = making->from == SERVER ? tls_server_hello(making, crypto + 4, true)
                                             : tls_client_hello(making, crypto + 4, true);
    crypto[0] = 6;
    crypto[1] = 0; // from the beginning
    octets_16(crypto + 2, (uint16_t)(0x4000 | length));
    protect(to, header, DATAGRAM - header - TAG, &keys);
    return DATAGRAM;
}

// What of the handshake no other can read.
static unsigned handshake(const struct making *making, uint8_t *to)
{
    unsigned length = making->from == SERVER ? 900 : 80;
    unsigned at = long_header(making, to, 0xe3, false);
    octets_16(to + at, (uint16_t)(0x4000 | length));
    tls_random(making->draw, to + at + 2, length);
    return at + 2 + length;
}

static unsigned request(const struct making *making, uint8_t *to)
{
    unsigned length = 40 + draw_below(making->draw, 100);
    to[0] = (uint8_t)(0x40 | (draw_bits(making->draw) & 0x1f));
    server_id(making, to + 1);
    tls_random(making->draw, to + 1 + ID, length);
    return 1 + ID + length;
}

const struct message messages_quic[] = {
    {CLIENT, .make = initial},   {SERVER, .make = initial}, {SERVER, .make = handshake},
    {CLIENT, .make = handshake}, {CLIENT, .make = request}, {SERVER, .bulk = BULK_QUIC},
};
